import assert from 'node:assert/strict';
import { persistence, sharedFeatures } from './persistence.ts';
import { amountForDose } from './reportEdits.ts';

const codes = (ids: readonly number[], values: readonly number[]) => ({
  ids: Int32Array.from(ids),
  values: Float32Array.from(values),
  norm: new Float32Array(2),
});

describe('persistence', () => {
  it('compares features cell by cell', () => {
    const one = codes([1, 2, 1, 3], [3, 4, 1, 0]);
    const same = persistence(one, one);
    // float64: √26 · √26 is not 26.
    assert.ok(Math.abs(same.cosine - 1) < 1e-12 && same.iou === 1);
    // The same features in each other's cells.
    assert.deepEqual(persistence(codes([1, 2], [1, 1]), codes([2, 1], [1, 1])), {
      cosine: 0,
      iou: 0,
    });
    const { cosine, iou } = persistence(one, codes([1, 5, 1, 3], [3, 4, 0, 2]));
    // 9 / (√26 · √29); one of five (cell, feature).
    assert.ok(Math.abs(cosine - 9 / Math.sqrt(26 * 29)) < 1e-12);
    assert.equal(iou, 1 / 5);
    assert.deepEqual(persistence(one, codes([1, 2], [0, 0])), { cosine: 0, iou: 0 });
  });

  it('says of each cell how much of its features stays', () => {
    const shared = sharedFeatures(codes([1, 2, 1, 3], [3, 4, 1, 0]), codes([1, 5, 1, 3], [3, 4, 2, 0])); // prettier-ignore
    assert.deepEqual([...shared], [Math.fround(1 / 3), 1]);
    assert.deepEqual([...sharedFeatures(codes([1, 2], [0, 1]), codes([1, 3], [0, 1]))], [0, 0]);
  });
});

describe('dose', () => {
  it('is the root mean square of what is added over that of the update', () => {
    const mask = Float32Array.from([1, 1, 0, 0.5]);
    const amount = amountForDose(2, 6, 3, mask);
    const added = mask.map((weight) => (weight * amount * 3) ** 2);
    assert.ok(Math.abs(Math.sqrt(added.reduce((sum, value) => sum + value, 0) / 4) - 12) < 1e-5);
  });
});
