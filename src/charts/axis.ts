/** One direction of a chart. */
export interface Axis {
  readonly low: number;
  readonly high: number;
  /** Round numbers inside, a few. */
  readonly ticks: readonly number[];
}

/**
 * An axis with round ends around some values.
 *
 * @param isWhole no ticks between whole numbers
 * @param wanted about how many ticks
 */
export function axisOf(
  values: readonly number[],
  { withZero = false, isWhole = false, wanted = 5 } = {},
): Axis {
  const finite = [...values.filter(Number.isFinite), ...(withZero ? [0] : [])];
  let [low, high] = finite.length > 0 ? [Math.min(...finite), Math.max(...finite)] : [0, 1];
  if (!(high > low)) [low, high] = low === 0 ? [0, 1] : [low - Math.abs(low) / 2, high + Math.abs(high) / 2]; // prettier-ignore
  const rough = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const round = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10);
  const step = isWhole ? Math.max(1, round) : round;
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  // Whole multiples, so that 0.3 is not 0.30000000000000004.
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const ticks = Array.from({ length: last - first + 1 }, (_, i) =>
    Number(((first + i) * step).toFixed(digits)),
  );
  return { low: ticks[0] ?? low, high: ticks.at(-1) ?? high, ticks };
}

/** The values an upright axis must show: all marks, and of their intervals no more than three times their range. */
export function shownRange(
  marks: readonly { readonly y: number; readonly low: number; readonly high: number }[],
): readonly number[] {
  const middle = marks.map(({ y }) => y);
  const range = Math.max(...middle, 0) - Math.min(...middle, 0);
  const [least, most] = [Math.min(...middle) - 3 * range, Math.max(...middle) + 3 * range];
  return marks.flatMap(({ y, low, high }) => [y, Math.max(least, low), Math.min(most, high)]);
}
