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
  /** Pictures that state the same otherwise, in their order: few kinds, whatever the number of pictures. */
  const kinds = new Map<string, { readonly flags: readonly boolean[]; readonly free: number[] }>();
  for (const picture of many) {
    const flags = others[picture] ?? [];
    const key = flags.map(Number).join('');
    const kind = kinds.get(key) ?? { flags, free: [] };
    kind.free.push(picture);
    kinds.set(key, kind);
  }
  for (const { free } of kinds.values()) free.reverse();
  return few.flatMap((picture): readonly Pair[] => {
    let nearest: readonly [number[], number, number] | undefined;
    for (const { flags, free } of kinds.values()) {
      const first = free.at(-1);
      if (first === undefined) continue;
      const distance = differences(others[picture] ?? [], flags);
      const [, least = Infinity, earliest = Infinity] = nearest ?? [];
      if (distance < least || (distance === least && first < earliest)) {
        nearest = [free, distance, first];
      }
    }
    const other = nearest?.[0].pop();
    if (other === undefined) return [];
    return [isFew ? [picture, other] : [other, picture]];
  });
}

const differences = (one: readonly boolean[], other: readonly boolean[]): number =>
  one.reduce((sum, flag, i) => sum + (flag === other[i] ? 0 : 1), 0);
