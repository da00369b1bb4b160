import type { ColourScaleName } from '../../../src/numerics/colourScale.ts';
import type { CellGrid } from './cells.ts';

/** A scale for one map; a plain colour, faded by value, where several lie over each other. */
export type MapColours = ColourScaleName | `#${string}`;

/** A number for every cell of a picture, to be drawn over it. Not changed once shown. */
export interface PictureMap extends CellGrid {
  readonly name: string;
  readonly values: Float32Array; // [cellsHigh, cellsWide]
  readonly unit: string;
  readonly colours: MapColours;
  /** A common scale for several maps; absent: the map's own. */
  readonly range?: ValueRange;
}

export interface ValueRange {
  readonly min: number;
  readonly max: number;
}

/**
 * Values at the two ends of a map's colours: from 0 or below to the largest for a scale of amounts, the same
 * distance on both sides of 0 for a diverging one. Never empty: a map of zeros gets 0 ... 1.
 */
export function rangeOf({ values, colours, range }: PictureMap): ValueRange {
  if (range) return range;
  let min = 0;
  let max = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (colours === 'diverging') {
    const largest = Math.max(-min, max) || 1;
    return { min: -largest, max: largest };
  }
  return { min, max: max > min ? max : min + 1 };
}

export const valueAt = (map: PictureMap, column: number, row: number): number =>
  map.values[row * map.cellsWide + column]!;
