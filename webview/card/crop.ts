/** A part of a picture, in fractions of its sides. */
export interface Crop {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export const wholePicture: Crop = { x: 0, y: 0, width: 1, height: 1 };

/** Of the picture's side that is seen around a peak. */
const share = 0.5;

/** The surroundings of a cell (`row · cellsWide + column`), moved inwards at an edge. */
export function cropAround(
  cell: number,
  { cellsWide, cellsHigh }: { readonly cellsWide: number; readonly cellsHigh: number },
): Crop {
  const start = (index: number, count: number): number =>
    Math.min(1 - share, Math.max(0, (index + 0.5) / count - share / 2));
  return {
    x: start(cell % cellsWide, cellsWide),
    y: start(Math.floor(cell / cellsWide), cellsHigh),
    width: share,
    height: share,
  };
}
