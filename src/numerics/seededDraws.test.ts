import assert from 'node:assert/strict';
import { SeededDraws } from './seededDraws.ts';

describe('SeededDraws', () => {
  it('repeats with its seed and differs with another', () => {
    const draw = (seed: number) => {
      const draws = new SeededDraws(seed);
      return [draws.choose([1, 2, 3, 4, 5, 6, 7, 8], 8), Array.from(draws.direction(20))];
    };
    assert.deepEqual(draw(5), draw(5));
    assert.notDeepEqual(draw(5), draw(6));
  });

  it('draws each number about equally often, and none twice in one choice', () => {
    const draws = new SeededDraws(1);
    const counts = Array<number>(6).fill(0);
    for (let i = 0; i < 6000; i++) counts[draws.below(6)]!++;
    // Five deviations of a binomial count of 6,000 draws at 1/6: 144.
    for (const count of counts) assert.ok(Math.abs(count - 1000) < 145, String(counts));
    const chosen = draws.choose([...counts.keys()], 6);
    assert.equal(new Set(chosen).size, 6);
    assert.equal(draws.choose([1, 2], 5).length, 2);
  });

  it('gives directions of length 1', () => {
    const length = Math.hypot(...new SeededDraws(2).direction(50));
    assert.ok(Math.abs(length - 1) < 1e-6);
  });
});
