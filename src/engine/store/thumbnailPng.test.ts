import assert from 'node:assert/strict';
import { decode } from 'fast-png';
import { encodeThumbnail, thumbnailSize } from './thumbnailPng.ts';

describe('thumbnails', () => {
  it('are the picture itself when it is small enough, with the same bytes each time', () => {
    const rgb = Uint8Array.from({ length: 4 * 2 * 3 }, (_, i) => i * 9);
    const bytes = encodeThumbnail({ width: 4, height: 2, rgb }, 4);
    assert.deepEqual([...decode(bytes).data], [...rgb]);
    assert.deepEqual(encodeThumbnail({ width: 4, height: 2, rgb }, 4), bytes);
  });

  it('average squares of pixels, each colour for itself', () => {
    const rgb = new Uint8Array(4 * 2 * 3);
    // The left square: 0, 10, 20, 31 in red; the right one: 255 in blue.
    [0, 10, 20, 31].forEach((red, i) => (rgb[((i >> 1) * 4 + (i & 1)) * 3] = red));
    for (const pixel of [2, 3, 6, 7]) rgb[pixel * 3 + 2] = 255;
    const { width, height, data } = decode(encodeThumbnail({ width: 4, height: 2, rgb }, 2));
    assert.deepEqual([width, height, ...data], [2, 1, 15, 0, 0, 0, 0, 255]);
  });

  it('are halved until they fit, and not beyond whole pixels', () => {
    assert.deepEqual(thumbnailSize(2048, 1024, 512), { width: 512, height: 256, factor: 4 });
    assert.deepEqual(thumbnailSize(1000, 600, 512), { width: 500, height: 300, factor: 2 });
    assert.deepEqual(thumbnailSize(1001, 600, 512), { width: 1001, height: 600, factor: 1 });
  });
});
