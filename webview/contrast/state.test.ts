import assert from 'node:assert/strict';
import type { ContrastRow } from '../../src/protocol/contrast.ts';
import type { ContrastState } from '../../src/protocol/contrastPanel.ts';
import {
  canStart,
  csvOf,
  isSavedState,
  reduce,
  savedStateOf,
  shownRows,
  sideProblem,
  startState,
} from './state.ts';

const row = (id: number, auc: number, isConfirmed: boolean): ContrastRow => {
  const effect = { leftMean: 2 * auc, rightMean: 1, auc, pValue: 0.01 };
  return {
    ...{ block: 'mid.0', id, label: null, isConfirmed },
    chosenOn: { ...effect, qValue: 0.02 },
    measuredOn: { ...effect, qValue: 0.03, differenceLow: 0.1, differenceHigh: 0.9 },
  };
};
const host = (rows: readonly ContrastRow[]): ContrastState => ({
  modelTitle: 'Mini',
  isEmbedded: true,
  problem: null,
  status: {
    kind: 'done',
    form: startState(undefined).form,
    result: {
      ...{ rows, testedCount: 9, chosenCount: 3, confirmedCount: 2 },
      leftCounts: { chosenOn: 2, measuredOn: 2 },
      rightCounts: { chosenOn: 2, measuredOn: 2 },
    },
  },
});

describe('contrast state', () => {
  it('starts only with enough on both sides and a rate in range', () => {
    const four = { kind: 'prompts', text: 'a\nb\n\nc\n d ', firstSeed: 0 } as const;
    assert.equal(sideProblem(four), undefined);
    assert.match(sideProblem({ ...four, text: 'a\nb\nc' }) ?? '', /these are 3/);
    assert.match(sideProblem({ ...four, firstSeed: -1 }) ?? '', /first seed/);
    assert.match(sideProblem({ kind: 'runs', runIds: ['a'] }) ?? '', /these are 1/);
    let state = reduce(startState(undefined), { kind: 'snapshot', host: { ...host([]), status: { kind: 'idle' } } }); // prettier-ignore
    state = reduce(state, { kind: 'form', form: { left: four, right: four } });
    assert.ok(canStart(state));
    assert.ok(!canStart(reduce(state, { kind: 'form', form: { falseDiscoveryRate: 0.6 } })));
  });

  it('sorts by how far the sides are apart, and keeps the unconfirmed out', () => {
    let state = reduce(startState(undefined), {
      kind: 'snapshot',
      host: host([row(1, 0.9, true), row(2, 0.02, true), row(3, 1, false)]),
    });
    const ids = () => shownRows(state).map(({ id }) => id);
    assert.deepEqual(ids(), [2, 1]);
    state = reduce(state, { kind: 'confirmedOnly', isOn: false });
    assert.deepEqual(ids(), [3, 2, 1]);
    state = reduce(state, { kind: 'sorted', column: 'left' });
    assert.deepEqual(ids(), [3, 1, 2]);
    state = reduce(state, { kind: 'sorted', column: 'left' });
    assert.deepEqual(ids(), [2, 1, 3]);
  });

  it('keeps a result over a reload', () => {
    const state = reduce(startState(undefined), {
      kind: 'snapshot',
      host: host([row(1, 1, true)]),
    });
    const saved: unknown = JSON.parse(JSON.stringify(savedStateOf(state)));
    assert.ok(isSavedState(saved));
    assert.equal(shownRows(startState(saved)).length, 1);
    assert.equal(isSavedState({ form: {}, done: null }), false);
    assert.match(
      csvOf([row(1, 1, true)]),
      /\nmid\.0,1,"",1,2,1,0\.1,0\.9,0\.01,0\.03,1,0\.01,0\.02,true\n/,
    );
  });
});
