const binCount = 256;

/**
 * The threshold that splits values into two groups with the largest variance between them: the middle of the last bin
 * of the lower group, over 256 bins from the least to the largest value.
 *
 * @returns -Infinity when all values are equal
 * @source Otsu 1979; scikit-image 0.26 `threshold_otsu`; checked against test/golden/colour.json
 */
export function otsuThreshold(values: readonly number[] | Float64Array): number {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (!(high > low)) return -Infinity;
  const counts = new Float64Array(binCount);
  const width = (high - low) / binCount;
  for (const value of values) {
    counts[Math.min(binCount - 1, Math.floor((value - low) / width))]! += 1;
  }
  const middle = (bin: number): number => low + (bin + 0.5) * width;
  const total = counts.reduce((sum, count, bin) => sum + count * middle(bin), 0);
  let [below, belowSum, best, threshold] = [0, 0, -1, low];
  for (let bin = 0; bin < binCount - 1; bin++) {
    below += counts[bin]!;
    belowSum += counts[bin]! * middle(bin);
    const above = values.length - below;
    if (below === 0 || above === 0) continue;
    const between = below * above * (belowSum / below - (total - belowSum) / above) ** 2;
    if (between > best) [best, threshold] = [between, middle(bin)];
  }
  return threshold;
}
