import assert from 'node:assert/strict';
import type { ReadBlock } from '../../src/protocol/featurePanel.ts';
import { boundsIn, cellIn, rectangleIn, type Area } from './area.ts';
import { blockTable, type TableQuestion } from './blockTables.ts';
import { codesOf } from './codes.ts';
import { csvOf } from './csv.ts';
import { missedOf } from './missed.ts';

/** 2 x 2 cells, 2 slots: feature 1 in three cells, 2 in one, 3 in one. */
const reading: ReadBlock = {
  block: 'mid.0',
  path: 'mid_block.attentions.0',
  cellsHigh: 2,
  cellsWide: 2,
  nFeatures: 8,
  slotCount: 2,
  saeSha256: 'aa',
  steps: [
    {
      ids: Int32Array.of(1, 2, 1, 0, 1, 0, 3, 0),
      values: Float32Array.of(4, 2, 2, 0, 2, 0, 6, 0),
      norm: Float32Array.of(1, 1, 1, 1),
      error: Float32Array.of(1, 1, 4, 0),
      spread: Float32Array.of(2, 4, 2, 0),
    },
  ],
};
const question: TableQuestion = {
  stepIndex: 0,
  rank: 'mean',
  topCount: 10,
  area: null,
  unit: 'activation',
  pinned: [],
  other: undefined,
};
const cell = (column: number, row: number, columns = 1, rows = 1): Area => ({
  rectangle: { column, row, columns, rows },
  grid: { cellsWide: 2, cellsHigh: 2 },
});
const listed = (change: Partial<TableQuestion>) =>
  blockTable(reading, { ...question, ...change }).rows.map(({ id, numbers }) => [id, ...numbers]);

describe('tables of a block', () => {
  it('lists mean, share of the sum, and cells', () => {
    assert.deepEqual(listed({}), [
      [1, 2, 0.5, 3],
      [3, 1.5, 0.375, 1],
      [2, 0.5, 0.125, 1],
    ]);
    assert.deepEqual(listed({ rank: 'max' })[0], [3, 6, 0.375, 1]);
    assert.deepEqual(listed({ rank: 'cells' })[0], [1, 2, 0.5, 3]);
    assert.equal(listed({ topCount: 1 }).length, 1);
  });

  it('keeps pinned features on top, active or not', () => {
    const { rows } = blockTable(reading, { ...question, topCount: 1, pinned: [7, 2] });
    assert.deepEqual(
      rows.map(({ id, isPinned }) => [id, isPinned]),
      [
        [2, true],
        [7, true],
        [1, false],
      ],
    );
    assert.deepEqual(rows[1]!.numbers, [0, 0, 0]);
  });

  it('lists one cell with shares of its own sum', () => {
    const [first, next] = listed({ area: cell(0, 0) });
    assert.deepEqual(first, [1, 4, 4 / 6]);
    assert.deepEqual(next, [2, 2, 2 / 6]);
  });

  it('lists what is stronger in a rectangle than in the rest', () => {
    assert.deepEqual(listed({ area: cell(0, 0, 2, 1) }), [
      [1, 3, 1, 2],
      [2, 1, 0, 1],
    ]);
  });

  it('compares with another picture, by size of the difference, but never across SAEs', () => {
    const values = Float32Array.of(4, 2, 2, 0, 2, 0, 0, 0);
    const other = { ...reading, steps: [{ ...reading.steps[0]!, values }] };
    assert.deepEqual(listed({ other })[0], [3, 1.5, 0, 1.5]);
    const foreign = blockTable(reading, { ...question, other: { ...other, saeSha256: 'bb' } });
    assert.match(foreign.refusal ?? '', /another SAE/);
    assert.match(blockTable(reading, { ...question, other: null }).refusal ?? '', /no features/);
  });

  it('says what the SAE misses, per cell and in all', () => {
    const { map, share } = missedOf(reading, 0);
    assert.deepEqual([...map.values], [50, 25, 200, NaN]);
    assert.equal(share, 6 / 8);
  });

  it('counts strengths in each feature’s own mean, and leaves out those without one', () => {
    const featureMean = Float32Array.of(0, 2, 0, 0.5, 0, 0, 0, 0);
    const { rows } = blockTable({ ...reading, featureMean }, { ...question, unit: 'featureMean' });
    assert.deepEqual(
      rows.map(({ id, numbers }) => [id, ...numbers]),
      [
        [3, 3, 12 / 16, 1],
        [1, 1, 4 / 16, 3],
      ],
    );
    assert.deepEqual(
      [...codesOf({ ...reading, featureMean }, 0, 'featureMean').unknownIds],
      [2],
      'active, but of no known mean',
    );
    assert.deepEqual(listed({ unit: 'featureMean' }), listed({}), 'a block without means');
  });
});

describe('CSV of what is listed', () => {
  const csv = (change: Partial<TableQuestion>) => {
    const { text, rowCount } = csvOf([reading], () => ({ ...question, ...change }));
    const lines = text.trimEnd().split('\n');
    assert.equal(lines.length, rowCount + 1);
    return lines;
  };

  it('has every number of the whole picture', () => {
    assert.deepEqual(csv({ rank: 'sum', topCount: 2, pinned: [7] }), [
      'block,path,step,feature,isPinned,unit,mean,max,sum,cells,shareOfBlock',
      'mid.0,mid_block.attentions.0,1,7,true,activation,0,0,0,0,0',
      'mid.0,mid_block.attentions.0,1,1,false,activation,2,4,8,3,0.5',
      'mid.0,mid_block.attentions.0,1,3,false,activation,1.5,6,6,1,0.375',
    ]);
  });

  it('follows the chosen cells, and says which they are', () => {
    assert.deepEqual(csv({ area: cell(0, 0, 1, 2) }), [
      'block,path,step,feature,isPinned,unit,left,top,right,bottom,meanHere,meanInRest,difference',
      'mid.0,mid_block.attentions.0,1,1,false,activation,0,0,1,2,3,1,2',
      'mid.0,mid_block.attentions.0,1,2,false,activation,0,0,1,2,1,0,1',
    ]);
    assert.match(csv({ area: cell(1, 1) })[1]!, /,1,1,2,2,6,1$/);
    assert.match(csv({ other: reading })[0]!, /meanInFirst,meanInSecond,difference$/);
  });
});

describe('cells of another grid', () => {
  const fine = { cellsWide: 4, cellsHigh: 4 };
  const coarse = { cellsWide: 1, cellsHigh: 1 };

  it('is the same part of the picture', () => {
    assert.deepEqual(boundsIn(fine, cell(1, 0)), { left: 2, top: 0, right: 4, bottom: 2 });
    assert.deepEqual(boundsIn(coarse, cell(1, 0)), { left: 0, top: 0, right: 1, bottom: 1 });
    assert.deepEqual(rectangleIn(fine, cell(0, 1)), { column: 0, row: 2, columns: 2, rows: 2 });
    assert.equal(cellIn(fine, cell(1, 1)), 3 * 4 + 3);
    assert.equal(cellIn(coarse, cell(1, 1)), 0);
  });
});
