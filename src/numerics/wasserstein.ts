/**
 * First Wasserstein distance of two samples of equal size: the mean distance between their sorted values.
 *
 * @source scipy.stats.wasserstein_distance; checked against test/golden/colour.json
 */
export function wasserstein(one: Float64Array, other: Float64Array): number {
  if (one.length !== other.length) {
    throw new RangeError(`Samples of ${one.length} and ${other.length} values.`);
  }
  const [a, b] = [one.slice().sort(), other.slice().sort()];
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / Math.max(1, a.length);
}
