/**
 * Ids of the active features of one cell: the `k` largest values that are above 0 and above their threshold.
 *
 * @param values f64 `[nFeatures]`, pre-activations
 * @param threshold f32 `[nFeatures]`; 0 where left out
 * @returns at most `k` ids, values descending, ties by lower id
 */
export function selectTopK(values: Float64Array, k: number, threshold?: Float32Array): number[] {
  const active: number[] = [];
  for (let id = 0; id < values.length; id++) {
    const value = values[id] ?? 0;
    if (value > 0 && (threshold === undefined || value > (threshold[id] ?? 0))) active.push(id);
  }
  active.sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0) || a - b);
  return active.length > k ? active.slice(0, k) : active;
}
