import { encode } from 'fast-png';
import type { Picture } from '../../protocol/engine.ts';

/**
 * Size of a picture's file: halved until both sides are at most `sideMax`, or one of them is odd.
 *
 * @param sideMax pixels
 */
export function thumbnailSize(
  width: number,
  height: number,
  sideMax: number,
): { width: number; height: number; factor: number } {
  let factor = 1;
  const fits = (): boolean => Math.max(width, height) / factor <= sideMax;
  const canHalve = (): boolean => width % (2 * factor) === 0 && height % (2 * factor) === 0;
  while (!fits() && canHalve()) factor *= 2;
  return { width: width / factor, height: height / factor, factor };
}

/**
 * A PNG without any text inside: the same pixels give the same bytes. Larger pictures are shrunk by averaging squares
 * of pixels in sRGB.
 *
 * @param picture u8 `[height, width, 3]`
 */
export function encodeThumbnail(picture: Picture, sideMax: number): Uint8Array {
  const { width, height, factor } = thumbnailSize(picture.width, picture.height, sideMax);
  const data = factor === 1 ? picture.rgb : shrink(picture, factor);
  return encode({ width, height, data, channels: 3, depth: 8 });
}

function shrink({ rgb, width, height }: Picture, factor: number): Uint8Array {
  const [wide, high] = [width / factor, height / factor];
  const out = new Uint8Array(wide * high * 3);
  for (let y = 0; y < high; y++) {
    for (let x = 0; x < wide; x++) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (let dy = 0; dy < factor; dy++) {
          const row = (y * factor + dy) * width + x * factor;
          for (let dx = 0; dx < factor; dx++) sum += rgb[(row + dx) * 3 + channel] ?? 0;
        }
        out[(y * wide + x) * 3 + channel] = Math.round(sum / (factor * factor));
      }
    }
  }
  return out;
}
