import type { Picture } from '../../../../protocol/engine.ts';

/** What is left of a cell's light when it is in no part. */
const darkest = 0.25;

/**
 * A picture in which cells keep their light and others are dark.
 *
 * @param shares how much of its light a cell keeps between the darkest and all of it, 0 ... 1, by cell, row by row; cells are squares
 */
export function litCells({ width, height, rgb }: Picture, shares: Float32Array): Picture {
  const side = Math.sqrt((width * height) / shares.length);
  const cellsWide = Math.round(width / side);
  const lit = new Uint8Array(rgb.length);
  for (let at = 0; at < width * height; at++) {
    const cell = Math.floor(Math.floor(at / width) / side) * cellsWide + Math.floor((at % width) / side); // prettier-ignore
    const light = darkest + (1 - darkest) * (shares[cell] ?? 0);
    for (let channel = 3 * at; channel < 3 * at + 3; channel++) {
      lit[channel] = Math.round((rgb[channel] ?? 0) * light);
    }
  }
  return { width, height, rgb: lit };
}
