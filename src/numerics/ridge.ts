/**
 * Least squares with a ridge, by Cholesky's decomposition: `w = (XᵀX + λI)⁻¹ Xᵀy`.
 *
 * @param rows `[samples][columns]`, centred columns
 * @param targets `[samples]`, centred
 * @param lambda above 0, so that the matrix is positive definite whatever the rows are
 * @returns f64 `[columns]`
 * @source Hoerl & Kennard 1970; checked against numpy.linalg.solve in its test
 */
export function ridge(
  rows: readonly (readonly number[])[],
  targets: readonly number[],
  lambda: number,
): Float64Array {
  const width = rows[0]?.length ?? 0;
  const factor = new Float64Array(width * width);
  const side = new Float64Array(width);
  rows.forEach((row, sample) => {
    for (let i = 0; i < width; i++) {
      side[i]! += row[i]! * targets[sample]!;
      for (let j = 0; j <= i; j++) factor[i * width + j]! += row[i]! * row[j]!;
    }
  });
  for (let i = 0; i < width; i++) {
    factor[i * width + i]! += lambda;
    for (let j = 0; j <= i; j++) {
      let sum = factor[i * width + j]!;
      for (let k = 0; k < j; k++) sum -= factor[i * width + k]! * factor[j * width + k]!;
      factor[i * width + j] = i === j ? Math.sqrt(sum) : sum / factor[j * width + j]!;
    }
  }
  for (let i = 0; i < width; i++) {
    for (let k = 0; k < i; k++) side[i]! -= factor[i * width + k]! * side[k]!;
    side[i]! /= factor[i * width + i]!;
  }
  for (let i = width - 1; i >= 0; i--) {
    for (let k = i + 1; k < width; k++) side[i]! -= factor[k * width + i]! * side[k]!;
    side[i]! /= factor[i * width + i]!;
  }
  return side;
}
