import { areaMean } from '../../../../numerics/areaMean.ts';
import type { ClassMap } from '../../../pipeline/classifier.ts';

/** A class is where it is the likeliest and at least as likely as this. */
const leastProbability = 0.5;
/** Of the map's own: fewer are no object. */
const maskCellsMin = 4;
/** A cell of another grid is in the mask with so much of its area. */
const leastShare = 0.5;

/** The cells that show a noun. */
export interface NounMask {
  readonly noun: string;
  readonly high: number;
  readonly wide: number;
  readonly values: Uint8Array; // [high, wide], 1 = in the mask
}

/** How masks are found; stands beside every figure made of them. */
export const maskMethod =
  `the cells in which the noun is the classifier’s likeliest class with a probability of at least ${leastProbability}, ` +
  `brought to the block’s cells (at least half of a cell’s area); a noun counts in pictures with at least ${maskCellsMin} such cells`;

/**
 * Masks of the nouns that a picture shows.
 *
 * @param map with all classes, "none" among them
 * @param nouns of the map's classes
 */
export function nounMasks(
  { classes, high, wide, values }: ClassMap,
  nouns: readonly string[],
): readonly NounMask[] {
  const cellCount = high * wide;
  const likeliest = Int32Array.from({ length: cellCount }, (_, cell) => {
    let best = 0;
    for (let index = 1; index < classes.length; index++) {
      if (values[index * cellCount + cell]! > values[best * cellCount + cell]!) best = index;
    }
    return values[best * cellCount + cell]! >= leastProbability ? best : -1;
  });
  return nouns.flatMap((noun): NounMask[] => {
    const index = classes.indexOf(noun);
    if (index < 0) return [];
    const mask = Uint8Array.from(likeliest, (best) => (best === index ? 1 : 0));
    return sizeOf(mask) >= maskCellsMin ? [{ noun, high, wide, values: mask }] : [];
  });
}

export const sizeOf = (mask: Uint8Array): number => mask.reduce((sum, value) => sum + value, 0);

/** The places of a mask's cells on another grid; none where no cell of it is covered by half. */
export function maskPlaces(mask: NounMask, cellsHigh: number, cellsWide: number): number[] {
  const shares = areaMean(mask, cellsHigh, cellsWide);
  return [...shares].flatMap((share, cell) => (share >= leastShare ? [cell] : []));
}
