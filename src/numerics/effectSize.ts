/** An effect against the spread of its controls. */
export interface EffectSize {
  readonly controlMean: number;
  /** Sample standard deviation, n - 1. */
  readonly controlStd: number;
  /** `(effect - controlMean) / controlStd`; null with fewer than two controls or no spread. */
  readonly size: number | null;
}

/** @param controls the same figure of each matched control */
export function effectSize(effect: number, controls: readonly number[]): EffectSize {
  const count = controls.length;
  const controlMean = count > 0 ? controls.reduce((a, b) => a + b) / count : 0;
  const squares = controls.reduce((sum, value) => sum + (value - controlMean) ** 2, 0);
  const controlStd = count > 1 ? Math.sqrt(squares / (count - 1)) : 0;
  const hasSpread = controlStd > 1e-12 * Math.max(1, Math.abs(controlMean));
  return { controlMean, controlStd, size: hasSpread ? (effect - controlMean) / controlStd : null };
}
