/** Two pictures, of which the first states a factor and the second does not. */
export type Pair = readonly [positive: number, negative: number];

/**
 * To each picture that states a factor, one that does not and is most like it in what else is stated (fewest of the other
 * factors stated by one of them alone; ties: the earlier picture). Each picture is used once; where fewer pictures do not
 * state the factor, these choose.
 *
 * @param isPositive by picture
 * @param others by picture: which other factors it states
 * @param isIn which pictures count
 */
export function matchedPairs(
  isPositive: readonly boolean[],
  others: readonly (readonly boolean[])[],
  isIn: (picture: number) => boolean,
): readonly Pair[] {
  const all = isPositive.map((_, picture) => picture).filter(isIn);
  const positives = all.filter((picture) => isPositive[picture]);
  const negatives = all.filter((picture) => !isPositive[picture]);
  const isFew = positives.length <= negatives.length;
  const [few, many] = isFew ? [positives, negatives] : [negatives, positives];
  const free = new Set(many);
  return few.flatMap((picture): readonly Pair[] => {
    let [nearest, least] = [-1, Infinity];
    for (const other of free) {
      const distance = differences(others[picture] ?? [], others[other] ?? []);
      if (distance >= least) continue;
      [nearest, least] = [other, distance];
      if (distance === 0) break;
    }
    free.delete(nearest);
    return [isFew ? [picture, nearest] : [nearest, picture]];
  });
}

const differences = (one: readonly boolean[], other: readonly boolean[]): number =>
  one.reduce((sum, flag, i) => sum + (flag === other[i] ? 0 : 1), 0);
