import assert from 'node:assert/strict';
import {
  activities,
  type BlockCodes,
  contrastPictures,
  contrastRectangle,
  featuresOfCell,
  mapOf,
  ranked,
} from './codes.ts';

/** 2 x 2 cells, two slots: feature 5 in three cells, 9 strongest in one, 7 only as an empty slot. */
const codes: BlockCodes = {
  cellsHigh: 2,
  cellsWide: 2,
  nFeatures: 10,
  slotCount: 2,
  ids: Int32Array.from([5, 7, 9, 5, 5, 3, 3, 1]),
  values: Float32Array.from([2, 0, 8, 1, 3, 0.5, 0.25, 0]),
};

describe('codes', () => {
  it('sums activity over cells, empty slots left out', () => {
    const byId = new Map(activities(codes).map((activity) => [activity.id, activity]));
    assert.deepEqual(byId.get(5), { id: 5, mean: 1.5, max: 3, sum: 6, cells: 3 });
    assert.deepEqual(byId.get(9), { id: 9, mean: 2, max: 8, sum: 8, cells: 1 });
    assert.deepEqual(byId.get(3), { id: 3, mean: 0.1875, max: 0.5, sum: 0.75, cells: 2 });
    assert.equal(byId.size, 3);
  });

  it('ranks by mean, maximum, sum or cells, and these differ', () => {
    const ids = (by: 'mean' | 'cells'): number[] =>
      ranked(activities(codes), by).map(({ id }) => id);
    assert.deepEqual(ids('mean'), [9, 5, 3]);
    assert.deepEqual(ids('cells'), [5, 3, 9]);
  });

  it('draws a feature as a map and lists a cell', () => {
    assert.deepEqual([...mapOf(codes, 5)], [2, 1, 3, 0]);
    assert.deepEqual([...mapOf(codes, 7)], [0, 0, 0, 0]);
    assert.deepEqual(featuresOfCell(codes, 1), [
      { id: 9, value: 8 },
      { id: 5, value: 1 },
    ]);
  });

  it('contrasts a rectangle with the rest', () => {
    const [first] = contrastRectangle(codes, { left: 1, top: 0, right: 2, bottom: 1 });
    assert.deepEqual(first, { id: 9, here: 8, there: 0, difference: 8 });
    const five = contrastRectangle(codes, { left: 1, top: 0, right: 2, bottom: 1 }).find(
      ({ id }) => id === 5,
    );
    assert.equal(five?.there, 5 / 3);
  });

  it('contrasts two pictures by size of the difference, either way', () => {
    const other = { ...codes, values: Float32Array.from([2, 0, 0, 1, 3, 0.5, 6, 0]) };
    assert.deepEqual(
      contrastPictures(codes, other).map(({ id, difference }) => [id, difference]),
      [
        [9, 2],
        [3, -1.4375],
        [5, 0],
      ],
    );
  });
});
