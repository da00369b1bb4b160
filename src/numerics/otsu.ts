const binCount = 256;

/**
 * The threshold that splits values into two groups with the largest variance between them: the middle of the last bin
 * of the lower group, over 256 bins from the least to the largest value.
 *
 * @returns -Infinity when all values are equal
 * @source Otsu 1979; scikit-image 0.26 `threshold_otsu`; checked against test/golden/colour.json
 */
export function otsuThreshold(values: ArrayLike<number>): number {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i]!);
    high = Math.max(high, values[i]!);
  }
  if (!(high > low)) return -Infinity;
  const counts = new Float64Array(binCount);
  const width = (high - low) / binCount;
  for (let i = 0; i < values.length; i++) {
    counts[Math.min(binCount - 1, Math.floor((values[i]! - low) / width))]! += 1;
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
