import assert from 'node:assert/strict';
import { permutation } from './permutation.ts';

describe('permutation', () => {
  for (const count of [1, 2, 3, 5, 16, 17, 1000, 4097]) {
    it(`hits each of ${String(count)} once`, () => {
      const to = permutation(count, 7);
      const hit = new Set(Array.from({ length: count }, (_, index) => to(index)));
      assert.equal(hit.size, count);
      assert.ok([...hit].every((place) => Number.isInteger(place) && place >= 0 && place < count));
    });
  }

  it('depends on the seed alone', () => {
    const order = (seed: number): number[] => {
      const to = permutation(500, seed);
      return Array.from({ length: 500 }, (_, index) => to(index));
    };
    assert.deepEqual(order(1), order(1));
    assert.notDeepEqual(order(1), order(2));
  });

  it('leaves no trace of the old order', () => {
    const count = 20_000;
    const to = permutation(count, 3);
    let sum = 0;
    let same = 0;
    for (let i = 0; i < count; i++) {
      sum += (i / count - 0.5) * (to(i) / count - 0.5);
      if (to(i) === i) same++;
    }
    // Correlation of two independent uniform orders: 0 with a standard deviation of 1/sqrt(count) = 0.007.
    assert.ok(Math.abs((12 * sum) / count) < 0.03, String((12 * sum) / count));
    assert.ok(same < 10, `${String(same)} stayed`);
  });
});
