import assert from 'node:assert/strict';
import { readGoldenJson } from '../../test/support/golden.ts';
import { ssim } from './ssim.ts';

interface Golden {
  readonly cases: readonly {
    readonly name: string;
    readonly width: number;
    readonly height: number;
    readonly one: string;
    readonly other: string;
    readonly ssim: number;
  }[];
}

describe('ssim', () => {
  const { cases } = readGoldenJson('ssim.json') as Golden;
  const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64'));

  it('equals scikit-image', () => {
    assert.ok(cases.length >= 12);
    for (const each of cases) {
      const value = ssim(bytes(each.one), bytes(each.other), each.width, each.height);
      // float64 on both sides; sums run in another order.
      assert.ok(Math.abs(value - each.ssim) <= 1e-9, `${each.name}: ${value}, ${each.ssim}`);
    }
  });

  it('is 1 for equal pictures of any size', () => {
    for (const [width, height] of [
      [1, 1],
      [5, 3],
      [12, 30],
    ] as const) {
      const picture = Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * 37) % 256);
      assert.ok(Math.abs(ssim(picture, picture, width, height) - 1) < 1e-12);
    }
  });
});
