/**
 * `0.299 R + 0.587 G + 0.114 B`, of 255.
 *
 * @param rgb u8 `[pixels, 3]`
 * @returns f64 `[pixels]`
 */
export function luminance(rgb: Uint8Array): Float64Array<ArrayBuffer> {
  return Float64Array.from(
    { length: rgb.length / 3 },
    (_, i) => 0.299 * rgb[3 * i]! + 0.587 * rgb[3 * i + 1]! + 0.114 * rgb[3 * i + 2]!,
  );
}
