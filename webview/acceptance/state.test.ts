import assert from 'node:assert/strict';
import {
  anAcceptanceState,
  aRejection,
  acceptanceRef,
  aReport,
} from '../../test/support/acceptanceFixtures.ts';
import { checkDraft, draftOf } from './draft.ts';
import { csvOf } from './reportText.ts';
import { isSavedState, reduce, savedStateOf, startState } from './state.ts';
import { settingsWords } from './words.ts';

const opened = (host = anAcceptanceState()) =>
  reduce(startState(undefined), { kind: 'opened', host, ...acceptanceRef });
const draft = { prompts: 'mine', seed: '1', steps: '2', guidanceScale: '3' };

describe('acceptance panel state', () => {
  it('begins with the settings of the host, and keeps what is written while they stay', () => {
    const begun = opened();
    assert.deepEqual(begun.draft, draftOf(aReport().settings));
    const written = reduce(begun, { kind: 'written', draft });
    const later = reduce(written, {
      kind: 'snapshot',
      host: anAcceptanceState({ status: { kind: 'running', phase: '', fraction: 0 } }),
    });
    assert.deepEqual(later.draft, draft);
    const settings = { ...aReport().settings, seed: 99 };
    const news = reduce(later, { kind: 'snapshot', host: anAcceptanceState({ settings }) });
    assert.equal(news.draft?.seed, '99');
  });

  it('comes back from what was kept, draft included, and refuses other shapes', () => {
    const saved = savedStateOf(reduce(opened(), { kind: 'written', draft }));
    assert.ok(isSavedState(saved));
    const host = anAcceptanceState();
    const again = reduce(startState(saved), { kind: 'opened', host, ...acceptanceRef });
    assert.deepEqual(again.draft, draft);
    for (const other of [null, {}, { version: 2 }, { ...saved, draft: 'x' }]) {
      assert.equal(isSavedState(other), false);
    }
  });

  it('announces the end of a run once, and not the state it was opened with', () => {
    const running = { kind: 'running', phase: 'x', fraction: 0.5 } as const;
    let state = opened();
    assert.equal(state.announced, '');
    state = reduce(state, { kind: 'snapshot', host: anAcceptanceState({ status: running }) });
    assert.equal(state.announced, '');
    const done = anAcceptanceState({ report: aRejection() });
    state = reduce(state, { kind: 'snapshot', host: done });
    assert.match(state.announced, /^Report done\. It was trained on/);
    state = reduce(state, { kind: 'snapshot', host: { ...done, status: running } });
    assert.equal(state.announced, '');
    state = reduce(state, { kind: 'snapshot', host: done });
    assert.equal(state.announced, 'Stopped.');
  });

  it('checks every field against its range', () => {
    const { limits } = anAcceptanceState().model!;
    const problems = (change: Partial<typeof draft>) =>
      Object.keys(checkDraft({ ...draft, ...change }, limits).problems);
    assert.deepEqual(checkDraft({ ...draft, prompts: ' a \r\n\n b ' }, limits).settings, {
      ...{ prompts: ['a', 'b'], seed: 1, steps: 2, guidanceScale: 3 },
    });
    assert.deepEqual(problems({ prompts: 'a\n'.repeat(65) }), ['prompts']);
    assert.deepEqual(problems({ prompts: 'a'.repeat(10_001) }), ['prompts']);
    for (const seed of ['', '-1', '1.5', '4294967296', 'x']) {
      assert.deepEqual(problems({ seed }), ['seed'], seed);
    }
    assert.deepEqual(problems({ steps: '51', guidanceScale: '-1' }), ['steps', 'guidanceScale']);
  });

  it('writes figures that are none as nothing, and words so that no spreadsheet runs them', () => {
    const [reading] = aReport().readings;
    const readings = [{ ...reading!, description: '=cmd()' }];
    const csv = csvOf(aReport({ perStep: [], readings }));
    assert.match(csv, /,another-block,'=cmd\(\),-0\.2046,/);
  });

  it('says one picture and several', () => {
    const one = aReport();
    const settings = { ...one.settings, prompts: ['x'], steps: 1 };
    assert.equal(settingsWords({ ...one, settings }), '1 prompt, seed 7, 1 step, guidance 0, cpu');
  });
});
