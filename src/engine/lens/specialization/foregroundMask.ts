import { areaMean } from '../../../numerics/areaMean.ts';
import { toLab } from '../../../numerics/lab.ts';
import { otsuThreshold } from '../../../numerics/otsu.ts';
import type { Picture } from '../../../protocol/engine.ts';

/** Cells a side: a mask says where things are, not how their outlines run. */
export const foregroundCells = 64;
const ringWidth = 2;
/** Below this distance (L*a*b*, about twice the just noticeable 2.3) nothing stands out from the border. */
const leastDistance = 5;

/** How foregrounds are found; stands beside every figure made of them. */
export const foregroundMethod =
  `distance in L*a*b* to the nearest colour of the picture's border (${ringWidth} of ${foregroundCells} cells) ` +
  `above Otsu's threshold, at least ${leastDistance}`;

/**
 * The picture's foreground: what does not look like its border. On a mean of 64 x 64 cells, a cell is foreground where
 * the distance of its colour to the nearest colour on the border, in L*a*b*, is above Otsu's threshold. Recolouring or
 * brightening a thing or the whole picture leaves it; moving a thing moves it. What touches the border counts as
 * background, and a picture in which nothing stands out has none.
 *
 * @returns u8 `[foregroundCells, foregroundCells]`, 1 = foreground
 * @source our definition; checked on pictures with planted changes
 */
export function foregroundMask({ rgb, width, height }: Picture): Uint8Array<ArrayBuffer> {
  const side = foregroundCells;
  const small = new Uint8Array(3 * side * side);
  for (let channel = 0; channel < 3; channel++) {
    const values = Float32Array.from({ length: width * height }, (_, i) => rgb[3 * i + channel]!);
    areaMean({ high: height, wide: width, values }, side, side).forEach((mean, cell) => {
      small[3 * cell + channel] = Math.round(mean);
    });
  }
  const lab = toLab(small);
  const isRing = (at: number): boolean => {
    const cell = Math.floor(at / 3);
    const [x, y] = [cell % side, Math.floor(cell / side)];
    return Math.min(x, y, side - 1 - x, side - 1 - y) < ringWidth;
  };
  const ring = lab.filter((_, at) => isRing(at)); // [ring cells, 3]
  const distances = new Float64Array(side * side);
  for (let cell = 0; cell < distances.length; cell++) {
    const l = lab[3 * cell]!;
    const a = lab[3 * cell + 1]!;
    const b = lab[3 * cell + 2]!;
    let nearest = Infinity;
    for (let at = 0; at < ring.length; at += 3) {
      const dl = l - ring[at]!;
      const da = a - ring[at + 1]!;
      const db = b - ring[at + 2]!;
      const distance = dl * dl + da * da + db * db;
      if (distance < nearest) nearest = distance;
    }
    distances[cell] = Math.sqrt(nearest);
  }
  const threshold = Math.max(leastDistance, otsuThreshold(distances));
  return Uint8Array.from(distances, (distance) => (distance > threshold ? 1 : 0));
}
