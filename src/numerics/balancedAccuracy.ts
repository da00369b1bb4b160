export interface BalancedAccuracy {
  /** `(hits / positives + correctRejections / negatives) / 2`; without one of the two kinds, the other's rate. */
  readonly value: number;
  /** Central 95 % of the posterior. */
  readonly low: number;
  readonly high: number;
}

export interface Guesses {
  readonly positives: number;
  readonly hits: number;
  readonly negatives: number;
  readonly correctRejections: number;
}

const gridSize = 1000;

/**
 * Balanced accuracy with the central 95 % of its posterior: each rate has a flat prior, so `Beta(right + 1, wrong + 1)`;
 * the distribution of their mean is computed on a grid of 1,000 (error of the bounds below 0.001).
 *
 * @source Brodersen et al. 2010, "The balanced accuracy and its posterior distribution"
 */
export function balancedAccuracy({
  positives,
  hits,
  negatives,
  correctRejections,
}: Guesses): BalancedAccuracy {
  const rates = [
    ...(positives > 0 ? [hits / positives] : []),
    ...(negatives > 0 ? [correctRejections / negatives] : []),
  ];
  const value = rates.length === 0 ? 0.5 : rates.reduce((a, b) => a + b, 0) / rates.length;
  const left = posterior(hits, positives - hits);
  const right = posterior(correctRejections, negatives - correctRejections);
  const sums = new Float64Array(2 * gridSize - 1);
  for (let i = 0; i < gridSize; i++) {
    for (let j = 0; j < gridSize; j++) sums[i + j]! += left[i]! * right[j]!;
  }
  const quantile = (share: number): number => {
    let below = 0;
    for (let i = 0; i < sums.length; i++) {
      below += sums[i]!;
      if (below >= share) return (i + 1) / (2 * gridSize);
    }
    return 1;
  };
  return { value, low: quantile(0.025), high: quantile(0.975) };
}

/** `Beta(right + 1, wrong + 1)` at the middles of the grid, summing to 1. */
function posterior(right: number, wrong: number): Float64Array {
  const density = Float64Array.from({ length: gridSize }, (_, i) => {
    const x = (i + 0.5) / gridSize;
    return Math.exp(right * Math.log(x) + wrong * Math.log(1 - x));
  });
  const sum = density.reduce((a, b) => a + b, 0);
  return density.map((value) => value / sum);
}
