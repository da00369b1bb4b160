import assert from 'node:assert/strict';
import { startForm, type ExplainState } from '../../src/protocol/explainPanel.ts';
import type { ReadBlock } from '../../src/protocol/featurePanel.ts';
import { cellsIn, meanMap, rowsOf } from './rows.ts';
import { type Content, firstState, missingContent, reduce, savedStateOf } from './state.ts';

/** A block of 2 x 2 cells with one slot each; a step a list of `[id, value]`. */
const block = (...steps: readonly (readonly (readonly [number, number])[])[]): ReadBlock => ({
  ...{ block: 'mid.0', path: 'mid_block.attentions.0', cellsHigh: 2, cellsWide: 2 },
  ...{ nFeatures: 9, slotCount: 1, saeSha256: '' },
  steps: steps.map((cells) => ({
    ids: Int32Array.from(cells, ([id]) => id),
    values: Float32Array.from(cells, ([, value]) => value),
    norm: new Float32Array(4),
    error: new Float32Array(4),
    spread: new Float32Array(4),
  })),
});
const picture = { width: 1, height: 1, rgb: new Uint8Array(3) };
const contentWith = (readings: ReadBlock[], controlReadings: ReadBlock[]): Content => ({
  ...{ resultId: 1, picture, roundTrip: null, control: null, readings, controlReadings },
});
const host: ExplainState = {
  files: [
    { path: '/a.png', name: 'a.png' },
    { path: '/b.png', name: 'b.png' },
  ],
  ...{ current: 0, form: startForm, status: { kind: 'idle' }, result: null, problem: null },
  isEmbedded: true,
};

const one = block(
  [
    [1, 4],
    [1, 4],
    [2, 1],
    [2, 1],
  ],
  [
    [1, 2],
    [1, 2],
    [2, 1],
    [2, 1],
  ],
);
const grid = { cellsHigh: 2, cellsWide: 2 };
const upper = { rectangle: { column: 0, row: 0, columns: 2, rows: 1 }, grid };

describe('rows of the explain panel', () => {
  it('ranks an encoded picture against its control, under all noises', () => {
    const control = block(
      [
        [2, 1],
        [2, 1],
        [2, 1],
        [2, 1],
      ],
      [
        [1, 1],
        [1, 1],
        [2, 1],
        [2, 1],
      ],
    );
    const content = contentWith([one], [control]);
    const [first, ...others] = rowsOf({ content, area: null, stepIndex: 0 }, one);
    assert.deepEqual(
      [first?.id, first?.value, first?.picture, first?.beside],
      [1, 1.25, 1.5, 0.25],
    );
    assert.ok((first?.spread ?? 0) > 0);
    assert.deepEqual(others, []);
    const [inArea] = rowsOf({ content, area: upper, stepIndex: 0 }, one);
    assert.deepEqual([inArea?.id, inArea?.value], [1, 2.5]);
  });

  it('ranks a picture made here by one step, and an area against the rest', () => {
    const content = contentWith([one], []);
    const rows = rowsOf({ content, area: null, stepIndex: 1 }, one);
    assert.deepEqual(
      rows.map(({ id, value }) => [id, value]),
      [
        [1, 1],
        [2, 0.5],
      ],
    );
    const lower = { ...upper, rectangle: { ...upper.rectangle, row: 1 } };
    const [first] = rowsOf({ content, area: lower, stepIndex: 0 }, one);
    assert.deepEqual([first?.id, first?.value, first?.beside], [2, 1, 0]);
  });

  it('finds the cells of an area on a finer and on a coarser grid', () => {
    const right = { rectangle: { column: 1, row: 0, columns: 1, rows: 2 }, grid };
    const cells = (size: number): number[] => {
      const isIn = cellsIn(right, { cellsHigh: size, cellsWide: size });
      return Array.from({ length: size * size }, (_, cell) => cell).filter(isIn);
    };
    assert.deepEqual(cells(2), [1, 3]);
    assert.deepEqual(cells(4), [2, 3, 6, 7, 10, 11, 14, 15]);
    assert.deepEqual(cells(1), [0]);
  });

  it('draws the mean over the noises, or one step', () => {
    const values = (step: number | null) => [
      ...(meanMap([one], { block: 'mid.0', id: 1 }, step)?.values ?? []),
    ];
    assert.deepEqual(values(null), [3, 3, 0, 0]);
    assert.deepEqual(values(1), [2, 2, 0, 0]);
    assert.equal(meanMap([one], { block: 'up.0.1', id: 1 }, null), null);
  });
});

describe('state of the explain panel', () => {
  it('keeps what was typed until the host has another form', () => {
    const typed = reduce(reduce(firstState, { kind: 'snapshot', host }), {
      kind: 'form',
      form: { prompt: 'a cat' },
    });
    assert.equal(
      reduce(typed, { kind: 'snapshot', host: { ...host, current: 1 } }).form.prompt,
      'a cat',
    );
    const other = { ...host, form: { ...startForm, prompt: 'a dog' } };
    assert.equal(reduce(typed, { kind: 'snapshot', host: other }).form.prompt, 'a dog');
  });

  it('forgets area and feature with the picture, not with the way of reading', () => {
    const seen = {
      ...reduce(firstState, { kind: 'snapshot', host }),
      area: upper,
      shown: { block: 'mid.0', id: 1 },
    };
    assert.equal(
      reduce(seen, { kind: 'snapshot', host: { ...host, form: startForm } }).area,
      upper,
    );
    const next = reduce(seen, { kind: 'snapshot', host: { ...host, current: 1 } });
    assert.deepEqual([next.area, next.shown], [null, null]);
  });

  it('asks for the content of a new result and saves the pictures', () => {
    const state = reduce(firstState, { kind: 'snapshot', host });
    assert.equal(missingContent(state), undefined);
    assert.deepEqual(savedStateOf(state), {
      paths: ['/a.png', '/b.png'],
      current: 0,
      form: startForm,
    });
    assert.equal(savedStateOf(firstState), undefined);
  });

  it('shows a feature, and hides it when it is chosen again', () => {
    const feature = { block: 'mid.0', id: 4 };
    const shown = reduce(firstState, { kind: 'shown', feature });
    assert.deepEqual(shown.shown, feature);
    assert.equal(reduce(shown, { kind: 'shown', feature }).shown, null);
  });
});
