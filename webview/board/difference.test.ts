import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Picture } from '../../src/protocol/engine.ts';
import { differenceMap as meanDifference } from '../../src/numerics/pictureDistance.ts';
import { differenceMap, signedDifference, swiped } from './difference.ts';

const picture = (rgb: Uint8Array): Picture => ({ width: 4, height: 4, rgb });
const pixels = fc.uint8Array({ minLength: 48, maxLength: 48 });

describe('difference map', () => {
  it('is exactly 0 where pictures are equal, and nowhere else', () => {
    fc.assert(
      fc.property(pixels, pixels, (one, other) => {
        const same = signedDifference(picture(one), picture(one.slice()), 'change');
        assert.ok(same.every((value) => value === 0));
        const map = signedDifference(picture(one), picture(other), 'change');
        const sizes = meanDifference(one, other);
        map.forEach((value, at) => {
          assert.equal(Math.abs(value), sizes[at]);
        });
      }),
    );
  });

  it('is above 0 where the edited picture is lighter, and shows what lightness alone would hide', () => {
    const dark = picture(new Uint8Array(48).fill(10));
    const light = picture(new Uint8Array(48).fill(20));
    assert.equal(signedDifference(dark, light, 'change')[0], 10);
    assert.equal(signedDifference(light, dark, 'change')[0], -10);
    assert.ok(Math.abs(signedDifference(dark, light, 'lightness')[0]! - 10) < 1e-5);
    // Red against a green of nearly equal luma.
    const red = picture(Uint8Array.from({ length: 48 }, (_, at) => (at % 3 === 0 ? 200 : 0)));
    const green = picture(Uint8Array.from({ length: 48 }, (_, at) => (at % 3 === 1 ? 59 : 0)));
    assert.ok(Math.abs(signedDifference(red, green, 'lightness')[0]!) < 1);
    assert.ok(Math.abs(signedDifference(red, green, 'change')[0]!) > 80);
  });

  it('has its colours end at the same distance on both sides of 0', () => {
    const map = differenceMap(
      picture(new Uint8Array(48)),
      picture(new Uint8Array(48).fill(9)),
      'change',
    );
    assert.deepEqual(map?.range, { min: -9, max: 9 });
    const other = { width: 2, height: 2, rgb: new Uint8Array(12) };
    assert.equal(differenceMap(picture(new Uint8Array(48)), other, 'change'), undefined);
  });

  it('swipe shows the original up to the line', () => {
    const swipe = swiped(
      picture(new Uint8Array(48).fill(1)),
      picture(new Uint8Array(48).fill(2)),
      0.5,
    );
    assert.deepEqual([swipe.rgb[0], swipe.rgb[11]], [1, 2]);
  });
});
