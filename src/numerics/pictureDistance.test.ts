import assert from 'node:assert/strict';
import { differenceMap, largestDifference, meansByArea, spreadCells } from './pictureDistance.ts';

describe('picture distance', () => {
  const one = Uint8Array.of(0, 0, 0, 10, 10, 10);
  const other = Uint8Array.of(3, 0, 3, 10, 40, 10);

  it('is exactly 0 for equal pictures', () => {
    assert.deepEqual(Array.from(differenceMap(one, one)), [0, 0]);
    assert.equal(largestDifference(one, one), 0);
  });

  it('is the mean over channels in each pixel, and the largest over all', () => {
    assert.deepEqual(Array.from(differenceMap(one, other)), [2, 10]);
    assert.equal(largestDifference(one, other), 30);
  });

  it('weighs inside and outside', () => {
    const map = Float32Array.of(2, 10);
    assert.deepEqual(meansByArea(map), { inside: 6, outside: null, share: 1 });
    assert.deepEqual(meansByArea(map, Float32Array.of(1, 0)), {
      inside: 2,
      outside: 10,
      share: 0.5,
    });
    assert.deepEqual(meansByArea(map, Float32Array.of(0.5, 0)), {
      inside: 2,
      outside: 11 / 1.5,
      share: 0.25,
    });
    assert.equal(meansByArea(map, Float32Array.of(0, 0)).inside, null);
  });

  it('gives each pixel its cell', () => {
    const cells = Float32Array.of(1, 2, 3, 4);
    assert.deepEqual(Array.from(spreadCells(cells, 2, 2, 2, 4)), [1, 1, 2, 2, 3, 3, 4, 4]);
  });
});
