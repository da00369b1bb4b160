/**
 * Length of the gradient by central differences, one-sided at the border: `hypot(dx, dy)` in units a pixel.
 *
 * @param values f64 `[height, width]`
 * @returns f64 `[height, width]`
 * @source as `numpy.gradient`; checked against test/golden/colour.json
 */
export function gradientLengths(
  values: ArrayLike<number>,
  width: number,
  height: number,
): Float64Array<ArrayBuffer> {
  const lengths = new Float64Array(width * height);
  const along = (at: number, place: number, count: number, step: number): number => {
    if (count < 2) return 0;
    const before = place > 0 ? at - step : at;
    const after = place < count - 1 ? at + step : at;
    const distance = place > 0 && place < count - 1 ? 2 : 1;
    return (values[after]! - values[before]!) / distance;
  };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      lengths[at] = Math.hypot(along(at, x, width, 1), along(at, y, height, width));
    }
  }
  return lengths;
}
