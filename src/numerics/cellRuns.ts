/**
 * The weights of a mask's cells from counts and values in turn.
 *
 * @returns `[count]`, 0 ... 1
 * @throws RangeError when the runs do not fill the cells, or a weight is outside of its range
 */
export function expandCellRuns(count: number, runs: readonly number[]): number[] {
  const weights: number[] = [];
  for (let i = 0; i < runs.length; i += 2) {
    const [length, weight] = [runs[i] ?? -1, runs[i + 1] ?? -1];
    const fits = Number.isInteger(length) && length >= 0 && length <= count - weights.length;
    if (!fits || !(weight >= 0 && weight <= 1)) {
      throw new RangeError(
        `Run ${String(i / 2)} of a mask is ${String(length)} cells of ${String(weight)} at cell ${String(weights.length)} of ${String(count)}; weights are 0 to 1.`,
      );
    }
    for (let cell = 0; cell < length; cell++) weights.push(weight);
  }
  if (weights.length === count) return weights;
  throw new RangeError(
    `The runs of a mask have ${String(weights.length)} cells; it has ${String(count)}.`,
  );
}

/** The shortest runs of a mask's weights. */
export function encodeCellRuns(weights: readonly number[]): number[] {
  const runs: number[] = [];
  for (const weight of weights) {
    if (runs.at(-1) === weight) runs[runs.length - 2] = (runs.at(-2) ?? 0) + 1;
    else runs.push(1, weight);
  }
  return runs;
}
