/** What one picture adds to R² over several: `Σ‖ΔD - rebuilt‖²` and `Σ‖ΔD - mean‖²`. */
interface Sums {
  readonly error: number;
  readonly spread: number;
}

/**
 * Values, one a picture, whose mean is the pooled `R² = 1 - Σ error / Σ spread` and whose spread is that of the ratio by
 * its linear terms (delta method): `R² - (e_p - (1 - R²) s_p) / mean(s)`.
 */
export function rSquaredTerms(pictures: readonly Sums[]): readonly number[] {
  const sum = (key: keyof Sums): number => pictures.reduce((total, each) => total + each[key], 0);
  const rest = sum('error') / sum('spread');
  const mean = sum('spread') / pictures.length;
  return pictures.map(({ error, spread }) => 1 - rest - (error - rest * spread) / mean);
}
