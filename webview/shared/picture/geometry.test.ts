import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  fitted,
  fitZoom,
  pan,
  pictureAt,
  placePicture,
  reveal,
  zoomAround,
  zoomStep,
  type Stage,
} from './geometry.ts';

const stage = (picture: number, width: number, height = width, pixelRatio = 1): Stage => ({
  picture: { width: picture, height: picture },
  frame: { width, height },
  pixelRatio,
});

const stages = fc
  .record({
    picture: fc.record({
      width: fc.integer({ min: 8, max: 2048 }),
      height: fc.integer({ min: 8, max: 2048 }),
    }),
    frame: fc.record({
      width: fc.integer({ min: 40, max: 3000 }),
      height: fc.integer({ min: 40, max: 2000 }),
    }),
    pixelRatio: fc.constantFrom(1, 1.25, 1.5, 2),
  })
  .map((made): Stage => made);
const share = fc.double({ min: 0, max: 1, noNaN: true });
const zooms = fc.double({ min: 0.2, max: 30, noNaN: true });

describe('placePicture', () => {
  it('fits all of a picture into its frame, in the middle', () => {
    assert.deepEqual(placePicture(stage(512, 256, 400), fitted), {
      zoom: 0.5,
      left: 0,
      top: 72,
      isCrisp: false,
    });
  });

  it('enlarges small pictures up to four times and keeps their pixels sharp', () => {
    assert.equal(fitZoom(stage(128, 340)), 340 / 128);
    assert.equal(fitZoom(stage(128, 2000)), 4);
    assert.equal(placePicture(stage(128, 340), fitted).isCrisp, true);
  });

  it('is smooth below one device pixel a pixel and above four times', () => {
    const isCrisp = (zoom: number, pixelRatio = 1) =>
      placePicture(stage(128, 300, 300, pixelRatio), { ...fitted, zoom }).isCrisp;
    assert.deepEqual(
      [isCrisp(0.9), isCrisp(1), isCrisp(4), isCrisp(4.1)],
      [false, true, true, false],
    );
    assert.equal(isCrisp(0.5, 2), true);
  });
});

describe('zoomAround', () => {
  it('keeps what is under the pointer where it is, away from the edges', () => {
    fc.assert(
      fc.property(stages, zooms, zooms, share, share, (made, from, to, x, y) => {
        const view = zoomAround(made, fitted, from);
        const pointer = { x: x * made.frame.width, y: y * made.frame.height };
        const before = pictureAt(made, view, pointer);
        const next = zoomAround(made, view, to, pointer);
        const after = pictureAt(made, next, pointer);
        const isClamped = (axis: 'x' | 'y', length: 'width' | 'height') => {
          const half = made.frame[length] / (made.picture[length] * (next.zoom as number)) / 2;
          const { [axis]: centre } = next.centre;
          return (
            half >= 0.5 || Math.abs(centre - half) < 1e-9 || Math.abs(centre - 1 + half) < 1e-9
          );
        };
        // Rounding in f64; a fraction of the picture.
        assert.ok(isClamped('x', 'width') || Math.abs(after.x - before.x) < 1e-9);
        assert.ok(isClamped('y', 'height') || Math.abs(after.y - before.y) < 1e-9);
      }),
    );
  });

  it('never shows an empty band beside a picture that is cut', () => {
    fc.assert(
      fc.property(stages, zooms, share, share, (made, zoom, x, y) => {
        const view = { zoom, centre: { x, y } };
        const { left, top } = placePicture(made, pan(made, view, { x: 1000 * x, y: -1000 * y }));
        const right = left + made.picture.width * zoom - made.frame.width;
        const bottom = top + made.picture.height * zoom - made.frame.height;
        assert.ok(left <= 1e-6 ? right >= -1e-6 || left + right < 1e-6 : right <= left + 1e-6);
        assert.ok(top <= 1e-6 ? bottom >= -1e-6 || top + bottom < 1e-6 : bottom <= top + 1e-6);
      }),
    );
  });

  it('stops at 32 times and at an eighth', () => {
    const made = stage(128, 300);
    assert.equal(zoomAround(made, fitted, 1000).zoom, 32);
    assert.equal(zoomAround(made, fitted, 0).zoom, 1 / 8);
  });
});

describe('zoomStep', () => {
  it('goes through the same levels up and down', () => {
    const made = stage(128, 300);
    let view = zoomAround(made, fitted, 1);
    const up = [1, 2, 3, 4].map(() => (view = zoomStep(made, view, 1)).zoom);
    assert.deepEqual(up, [1.5, 2, 3, 4]);
    assert.equal(zoomStep(made, view, -1).zoom, 3);
    assert.equal(zoomStep(made, { ...view, zoom: 32 }, 1).zoom, 32);
  });
});

describe('reveal', () => {
  it('pans only when something is not seen', () => {
    const made = stage(100, 100);
    const view = zoomAround(made, fitted, 4);
    assert.equal(reveal(made, view, { x: 0.5, y: 0.5 }, { x: 0.6, y: 0.6 }), view);
    const moved = reveal(made, view, { x: 0, y: 0.5 }, { x: 0.1, y: 0.6 });
    assert.equal(placePicture(made, moved).left, 0);
  });
});
