import assert from 'node:assert/strict';
import { principalComponent } from './principalComponent.ts';

/** Samples on three axes at right angles, turned in the plane of the first two: variances 9, 4 and 1 over 3. */
function samples(): Float32Array {
  const [c, s] = [Math.cos(0.7), Math.sin(0.7)];
  const rows = [
    [3 * c, 3 * s, 0],
    [-3 * c, -3 * s, 0],
    [-2 * s, 2 * c, 0],
    [2 * s, -2 * c, 0],
    [0, 0, 1],
    [0, 0, -1],
  ];
  return Float32Array.from(rows.flat(), (value) => value + 5);
}

describe('principalComponent', () => {
  it('finds the axes of known samples, their shares and the mean', () => {
    const wanted = [
      { vector: [Math.cos(0.7), Math.sin(0.7), 0], share: 9 / 14 },
      { vector: [-Math.sin(0.7), Math.cos(0.7), 0], share: 4 / 14 },
      { vector: [0, 0, 1], share: 1 / 14 },
    ];
    wanted.forEach(({ vector, share }, component) => {
      const found = principalComponent([samples()], 3, component);
      // float32 samples.
      found.vector.forEach((value, i) => {
        assert.ok(Math.abs(value - (vector[i] ?? NaN)) < 1e-5, String(found.vector));
      });
      assert.ok(Math.abs(found.share - share) < 1e-6);
      assert.ok(found.mean.every((value) => Math.abs(value - 5) < 1e-6));
    });
  });

  it('refuses components that the samples do not have', () => {
    assert.throws(() => principalComponent([samples()], 3, 3), /component 3; .* 0 to 2/);
    assert.throws(() => principalComponent([samples()], 3, 0.5), /component 0\.5/);
    const flat = Float32Array.of(1, 0, 0, 2, 0, 0, 3, 0, 0, 4, 0, 0);
    assert.throws(() => principalComponent([flat], 3, 1), /only 1 directions/);
  });
});
