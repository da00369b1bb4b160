/** Values on a grid, row by row. */
export interface Grid {
  readonly high: number;
  readonly wide: number;
  readonly values: ArrayLike<number>; // [high, wide]
}

/**
 * Mean over the area of each cell of another grid that covers the same picture: the block mean where one divides the
 * other, shares of pixels where it does not.
 *
 * @returns f32 `[cellsHigh, cellsWide]`
 */
export function areaMean(
  { high, wide, values }: Grid,
  cellsHigh: number,
  cellsWide: number,
): Float32Array<ArrayBuffer> {
  const rows = overlaps(high, cellsHigh);
  const columns = overlaps(wide, cellsWide);
  const area = (high / cellsHigh) * (wide / cellsWide);
  const means = new Float32Array(cellsHigh * cellsWide);
  rows.forEach((rowParts, y) => {
    columns.forEach((columnParts, x) => {
      let sum = 0;
      for (const row of rowParts) {
        for (const column of columnParts) {
          sum += row.length * column.length * (values[row.index * wide + column.index] ?? 0);
        }
      }
      means[y * cellsWide + x] = sum / area;
    });
  });
  return means;
}

interface Part {
  readonly index: number;
  /** How much of the pixel lies in the cell, 0 ... 1. */
  readonly length: number;
}

/** The pixels of each cell along one axis. */
function overlaps(count: number, cellCount: number): readonly (readonly Part[])[] {
  return Array.from({ length: cellCount }, (_, cell) => {
    // Whole-number arithmetic up to one division: exact bounds where one count divides the other.
    const [from, to] = [(cell * count) / cellCount, ((cell + 1) * count) / cellCount];
    const parts: Part[] = [];
    for (let index = Math.floor(from); index < to; index++) {
      parts.push({ index, length: Math.min(index + 1, to) - Math.max(index, from) });
    }
    return parts;
  });
}
