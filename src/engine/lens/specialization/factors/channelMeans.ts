/**
 * Mean of each channel over cells and steps.
 *
 * @param steps f32 `[cells, width]` each
 * @returns f64 `[width]`
 */
export function channelMeans(steps: readonly Float32Array[], width: number): Float64Array {
  const channels = new Float64Array(width);
  const cellCount = steps.reduce((sum, cells) => sum + cells.length / width, 0);
  for (const cells of steps) {
    cells.forEach((value, i) => (channels[i % width] = channels[i % width]! + value / cellCount));
  }
  return channels;
}
