import assert from 'node:assert/strict';
import { drawnPicture } from '../../test/support/drawnPicture.ts';
import { readGoldenJson } from '../../test/support/golden.ts';
import { resizePicture } from './resizePicture.ts';

interface Case {
  readonly width: number;
  readonly height: number;
  readonly toWidth: number;
  readonly toHeight: number;
  readonly rgb: string;
}

describe('resizePicture', () => {
  it('gives every pixel that Pillow gives', () => {
    const { resized } = readGoldenJson('pictures.json') as { resized: readonly Case[] };
    for (const { width, height, toWidth, toHeight, rgb } of resized) {
      const made = resizePicture(drawnPicture(width, height).rgb, width, height, toWidth, toHeight);
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
