import assert from 'node:assert/strict';
import { areFinite, fromRgb, toRgb } from './image.ts';

describe('image', () => {
  it('clamps, rounds halves to even and puts channels last', () => {
    // Two pixels. 0 stands for 127.5, which rounds to the even 128.
    const values = Float32Array.of(-2, 2, 0, 1, -1, 0.5);
    assert.deepEqual([...toRgb(values)], [0, 128, 0, 255, 255, 191]);
  });

  it('turns pixels into values and back', () => {
    const rgb = Uint8Array.from({ length: 3 * 256 }, (_, i) => (i * 7) % 256);
    assert.deepEqual(toRgb(fromRgb(rgb)), rgb);
    assert.deepEqual(
      [...fromRgb(Uint8Array.of(0, 255, 51))],
      [-1, 1, Math.fround(Math.fround(0.4) - 1)],
    );
  });

  it('finds what is not a number', () => {
    assert.ok(areFinite(Float32Array.of(-1, 0, 3e38)));
    assert.ok(!areFinite(Float32Array.of(0, NaN)));
    assert.ok(!areFinite(Float32Array.of(Infinity)));
  });
});
