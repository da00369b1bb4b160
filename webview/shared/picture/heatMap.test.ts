import assert from 'node:assert/strict';
import { paintMap } from './heatMap.ts';
import { rangeOf, valueAt, type PictureMap } from './pictureMap.ts';

const map = (values: number[], colours: PictureMap['colours'] = 'viridis'): PictureMap => ({
  name: 'm',
  unit: 'u',
  values: Float32Array.from(values),
  cellsWide: 2,
  cellsHigh: values.length / 2,
  colours,
});
const pixel = ({ rgba, width }: ReturnType<typeof paintMap>, x: number, y: number) => [
  ...rgba.subarray((y * width + x) * 4, (y * width + x) * 4 + 4),
];

describe('rangeOf', () => {
  it('begins at 0 for amounts and is even on both sides for differences', () => {
    assert.deepEqual(rangeOf(map([2, 3, 4, 5])), { min: 0, max: 5 });
    assert.deepEqual(rangeOf(map([-2, 3])), { min: -2, max: 3 });
    assert.deepEqual(rangeOf(map([-2, 5], 'diverging')), { min: -5, max: 5 });
  });

  it('is never empty, never NaN, and a common one wins', () => {
    assert.deepEqual(rangeOf(map([0, 0])), { min: 0, max: 1 });
    assert.deepEqual(rangeOf(map([0, 0], 'diverging')), { min: -1, max: 1 });
    assert.deepEqual(rangeOf(map([NaN, Infinity])), { min: 0, max: 1 });
    assert.deepEqual(rangeOf({ ...map([1, 2]), range: { min: 0, max: 9 } }), { min: 0, max: 9 });
  });

  it('reads rows first', () => {
    assert.equal(valueAt(map([1, 2, 3, 4]), 1, 0), 2);
    assert.equal(valueAt(map([1, 2, 3, 4]), 0, 1), 3);
  });
});

describe('paintMap', () => {
  it('gives each cell its colour, and nothing where there is no value', () => {
    const painted = paintMap(map([0, NaN, 5, 10]), 'cells');
    assert.deepEqual([painted.width, painted.height], [2, 2]);
    assert.equal(pixel(painted, 0, 0)[3], 0);
    assert.equal(pixel(painted, 1, 0)[3], 0);
    assert.deepEqual(pixel(painted, 1, 1), [0xfd, 0xe7, 0x25, 255]);
    assert.deepEqual(pixel(painted, 0, 1), [0x21, 0x91, 0x8c, 255]);
  });

  it('holds values outside a common range at the ends of the colours', () => {
    const painted = paintMap({ ...map([-1, 50]), range: { min: 0, max: 10 } }, 'cells');
    assert.deepEqual(pixel(painted, 0, 0), [0x44, 0x01, 0x54, 255]);
    assert.deepEqual(pixel(painted, 1, 0), [0xfd, 0xe7, 0x25, 255]);
  });

  it('fades one colour by value', () => {
    const painted = paintMap(map([5, 10], '#102030'), 'cells');
    assert.deepEqual(pixel(painted, 0, 0), [0x10, 0x20, 0x30, 128]);
    assert.deepEqual(pixel(painted, 1, 0), [0x10, 0x20, 0x30, 255]);
  });

  it('interpolates values, so that the middle of a step has the middle colour', () => {
    const painted = paintMap({ ...map([2, 8]), range: { min: 0, max: 10 } }, 'smooth');
    assert.equal(painted.width, 16);
    const middle = paintMap({ ...map([5, 5]), range: { min: 0, max: 10 } }, 'cells');
    // Half a sample beside the middle: one step of 256.
    for (const [channel, value] of pixel(painted, 8, 4).entries()) {
      assert.ok(Math.abs(value - pixel(middle, 0, 0)[channel]!) <= 14, `${channel}`);
    }
    assert.deepEqual(pixel(painted, 0, 0), pixel(painted, 3, 0));
  });

  it('fades out towards cells without a value', () => {
    const painted = paintMap(map([0, 10]), 'smooth');
    const alphas = Array.from({ length: 16 }, (_, x) => pixel(painted, x, 4)[3]!);
    assert.equal(alphas[0], 0);
    assert.equal(alphas[15], 255);
    assert.deepEqual(
      alphas,
      alphas.toSorted((a, b) => a - b),
    );
  });
});
