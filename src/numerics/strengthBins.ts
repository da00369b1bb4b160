/** Half octaves: each edge is √2 times the one before. */
export const strengthEdges: readonly number[] = Array.from(
  { length: 65 },
  (_, i) => 2 ** (i / 2 - 16),
);

export const strengthBinCount = strengthEdges.length - 1;

/** Bin i holds `[edges[i], edges[i + 1])`; the first and the last also hold what lies outside. @param value > 0 */
export function strengthBin(value: number): number {
  let bin = Math.floor(2 * Math.log2(value)) + 32;
  bin = Math.min(strengthBinCount - 1, Math.max(0, bin));
  // The logarithm may round across an edge.
  if (bin > 0 && value < strengthEdges[bin]!) bin--;
  else if (bin + 1 < strengthBinCount && value >= strengthEdges[bin + 1]!) bin++;
  return bin;
}
