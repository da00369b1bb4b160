/** Shares of a picture's variance by the size of what varies; they sum to 1. */
export interface FrequencyShares {
  /** Structures of 16 pixels and more. */
  readonly low: number;
  /** Of 4 to 16 pixels. */
  readonly middle: number;
  /** Below 4 pixels. */
  readonly high: number;
}

/** 2 x 2 blocks within 2 x 2 blocks: the details lost at each halving, which are orthogonal. */
const levels = 4;

/**
 * Splits energy `Σ v²` by octaves with the Haar transform, which keeps its sum: the details of the first two halvings
 * are high, of the next two middle, the rest (with the mean) low.
 *
 * @param values `[height, width]`; what is beyond the largest multiple of 16 counts nowhere
 * @returns null where all is 0, or a side is below 16
 */
export function frequencyShares(
  values: ArrayLike<number>,
  width: number,
  height: number,
): FrequencyShares | null {
  const block = 2 ** levels;
  let [wide, high] = [width - (width % block), height - (height % block)];
  if (wide === 0 || high === 0) return null;
  let grid = new Float64Array(wide * high);
  for (let y = 0; y < high; y++) {
    for (let x = 0; x < wide; x++) grid[y * wide + x] = values[y * width + x]!;
  }
  const energy = (list: Float64Array): number => list.reduce((sum, v) => sum + v * v, 0);
  let left = energy(grid);
  const total = left;
  if (!(total > 0)) return null;
  const details: number[] = [];
  for (let level = 0; level < levels; level++) {
    const [w, h] = [wide / 2, high / 2];
    const half = new Float64Array(w * h);
    for (let y = 0; y < h; y++) {
      for (let x = 0; x < w; x++) {
        const at = 2 * y * wide + 2 * x;
        // Half the sum of four: the orthonormal average.
        half[y * w + x] = (grid[at]! + grid[at + 1]! + grid[at + wide]! + grid[at + wide + 1]!) / 2;
      }
    }
    const rest = energy(half);
    details.push(Math.max(0, left - rest));
    [grid, left, wide, high] = [half, rest, w, h];
  }
  const [a = 0, b = 0, c = 0, d = 0] = details;
  return { low: left / total, middle: (c + d) / total, high: (a + b) / total };
}
