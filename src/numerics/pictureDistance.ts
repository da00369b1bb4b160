/**
 * |Δ| of each pixel, mean over its channels, of 255: exactly 0 where two pictures are equal.
 *
 * @param one u8 `[pixels, 3]`
 * @returns f32 `[pixels]`
 */
export function differenceMap(one: Uint8Array, other: Uint8Array): Float32Array<ArrayBuffer> {
  const map = new Float32Array(one.length / 3);
  for (let i = 0; i < map.length; i++) {
    let sum = 0;
    for (let at = 3 * i; at < 3 * i + 3; at++) sum += Math.abs((one[at] ?? 0) - (other[at] ?? 0));
    map[i] = sum / 3;
  }
  return map;
}

/** The largest |Δ| of a channel, of 255. */
export function largestDifference(one: Uint8Array, other: Uint8Array): number {
  let largest = 0;
  for (let i = 0; i < one.length; i++) {
    largest = Math.max(largest, Math.abs((one[i] ?? 0) - (other[i] ?? 0)));
  }
  return largest;
}

/**
 * Means of a map inside and outside of an area; a pixel counts inside by its weight and outside by the rest.
 *
 * @param weights `[pixels]`, 0 ... 1; without them all is inside
 * @returns null where no pixel counts
 */
export function meansByArea(
  map: Float32Array,
  weights?: Float32Array,
): { readonly inside: number | null; readonly outside: number | null; readonly share: number } {
  let [inSum, inWeight, outSum] = [0, 0, 0];
  for (let i = 0; i < map.length; i++) {
    const weight = weights?.[i] ?? 1;
    const value = map[i] ?? 0;
    inSum += weight * value;
    inWeight += weight;
    outSum += (1 - weight) * value;
  }
  const outWeight = map.length - inWeight;
  return {
    inside: inWeight > 0 ? inSum / inWeight : null,
    outside: outWeight > 1e-9 * map.length ? outSum / outWeight : null,
    share: map.length > 0 ? inWeight / map.length : 0,
  };
}

/** Weights of cells as weights of pixels: each pixel takes its cell's. @returns f32 `[height, width]` */
export function spreadCells(
  cells: Float32Array,
  cellsHigh: number,
  cellsWide: number,
  height: number,
  width: number,
): Float32Array<ArrayBuffer> {
  const weights = new Float32Array(height * width);
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * cellsHigh) / height) * cellsWide;
    for (let x = 0; x < width; x++) {
      weights[y * width + x] = cells[row + Math.floor((x * cellsWide) / width)] ?? 0;
    }
  }
  return weights;
}
