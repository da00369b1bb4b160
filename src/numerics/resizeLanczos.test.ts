import assert from 'node:assert/strict';
import { readGoldenJson } from '../../test/support/golden.ts';
import { resizeLanczos } from './resizeLanczos.ts';

interface Case {
  readonly width: number;
  readonly height: number;
  readonly toWidth: number;
  readonly toHeight: number;
  readonly rgb: string;
}

/** The same picture as test/golden/make_pictures.py draws. */
const drawn = (width: number, height: number): Uint8Array =>
  Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const channel = i % 3;
    const x = Math.floor(i / 3) % width;
    const y = Math.floor(i / 3 / width);
    return (x * x * (3 + channel) + y * 17 * (1 + channel) + x * y * 5) % 256;
  });

describe('resizeLanczos', () => {
  it('gives every pixel that Pillow gives', () => {
    const { resized } = readGoldenJson('pictures.json') as { resized: readonly Case[] };
    for (const { width, height, toWidth, toHeight, rgb } of resized) {
      const made = resizeLanczos(drawn(width, height), width, height, toWidth, toHeight);
      const expected = Buffer.from(rgb, 'base64');
      const different = made.filter((value, i) => value !== expected[i]).length;
      assert.equal(
        different,
        0,
        `${String(width)} x ${String(height)} to ${String(toWidth)} x ${String(toHeight)}`,
      );
    }
    assert.equal(resized.length, 4);
  });
});
