/**
 * Step-up adjusted p-values: `q_(i) = min over j >= i of p_(j) · m / j`, so that `q <= rate` chooses with an expected
 * share of false discoveries of at most `rate` (for independent or positively dependent tests).
 *
 * @param pValues 0 ... 1, in any order
 * @returns q-values in the same order
 * @source Benjamini & Hochberg 1995; checked against scipy.stats.false_discovery_control
 */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  const order = pValues.map((_, index) => index).sort((a, b) => pValues[b]! - pValues[a]!);
  const adjusted = new Array<number>(pValues.length).fill(1);
  let least = 1;
  order.forEach((index, place) => {
    const rank = pValues.length - place;
    least = Math.min(least, (pValues[index]! * pValues.length) / rank);
    adjusted[index] = least;
  });
  return adjusted;
}
