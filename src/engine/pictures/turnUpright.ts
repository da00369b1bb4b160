import type { Picture } from '../../protocol/engine.ts';

/**
 * Turns and mirrors a picture as its EXIF orientation says.
 *
 * @param orientation 1 upright; 2 mirrored; 3 half a turn; 4 mirrored upside down; 5 to 8 the same with sides swapped
 * @source EXIF 2.32, tag 0x0112
 */
export function turnUpright(picture: Picture, orientation: number): Picture {
  if (orientation < 2 || orientation > 8) return picture;
  const { width, height, rgb } = picture;
  const isSwapped = orientation >= 5;
  const [wide, high] = isSwapped ? [height, width] : [width, height];
  // From which end of the stored columns and rows the upright picture is read.
  const isFromRight = [2, 3, 7, 8].includes(orientation);
  const isFromBottom = [3, 4, 6, 7].includes(orientation);
  const out = new Uint8Array(rgb.length);
  for (let y = 0; y < high; y++) {
    for (let x = 0; x < wide; x++) {
      const [u, v] = isSwapped ? [y, x] : [x, y];
      const column = isFromRight ? width - 1 - u : u;
      const row = isFromBottom ? height - 1 - v : v;
      const from = (row * width + column) * 3;
      const to = (y * wide + x) * 3;
      out[to] = rgb[from]!;
      out[to + 1] = rgb[from + 1]!;
      out[to + 2] = rgb[from + 2]!;
    }
  }
  return { width: wide, height: high, rgb: out };
}
