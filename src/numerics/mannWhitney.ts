import { normalTail } from './distributions.ts';

export interface RankTest {
  /** Probability that a value of `left` is above one of `right`, ties counted half. */
  readonly auc: number;
  /** Two-sided. */
  readonly pValue: number;
}

/** Up to this many values together all assignments are counted; beyond it the normal approximation is used. */
const exactMax = 20;

/**
 * Two-sided Mann-Whitney (Wilcoxon rank-sum) test with midranks.
 * Exact: share of all ways to choose which values are `left` whose rank sum is at least as far from its expectation.
 * Normal: with tie correction and a continuity correction of 0.5, as in R and scipy.
 *
 * @source checked against scipy.stats.mannwhitneyu (method asymptotic) and permutation counts
 */
export function mannWhitney(left: readonly number[], right: readonly number[]): RankTest {
  const [n1, n2] = [left.length, right.length];
  if (n1 === 0 || n2 === 0) return { auc: 0.5, pValue: 1 };
  const { doubledRanks, tieTerm } = rank([...left, ...right]);
  const total = n1 + n2;
  let doubledSum = 0;
  for (let i = 0; i < n1; i++) doubledSum += doubledRanks[i]!;
  const u = doubledSum / 2 - (n1 * (n1 + 1)) / 2;
  const auc = u / (n1 * n2);
  if (total <= exactMax) {
    return { auc, pValue: exactTail(doubledRanks, n1, doubledSum) };
  }
  const variance = ((n1 * n2) / 12) * (total + 1 - tieTerm / (total * (total - 1)));
  if (!(variance > 0)) return { auc, pValue: 1 };
  const distance = Math.max(0, Math.abs(u - (n1 * n2) / 2) - 0.5);
  return { auc, pValue: Math.min(1, 2 * normalTail(distance / Math.sqrt(variance))) };
}

/** Midranks times two, which are whole numbers, and `Σ (t³ - t)` over groups of ties. */
function rank(values: readonly number[]): { doubledRanks: number[]; tieTerm: number } {
  const order = values.map((_, index) => index).sort((a, b) => values[a]! - values[b]!);
  const doubledRanks = new Array<number>(values.length);
  let tieTerm = 0;
  for (let from = 0; from < order.length;) {
    let to = from + 1;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let i = from; i < to; i++) doubledRanks[order[i]!] = from + 1 + to;
    const size = to - from;
    tieTerm += size ** 3 - size;
    from = to;
  }
  return { doubledRanks, tieTerm };
}

/** `ways[count][sum]`: how many subsets of that size have that sum; float64 counts these exactly up to 20 values. */
function exactTail(doubledRanks: readonly number[], n1: number, observed: number): number {
  const sumMax = doubledRanks.reduce((a, b) => a + b, 0);
  const ways = Array.from({ length: n1 + 1 }, () => new Float64Array(sumMax + 1));
  ways[0]![0] = 1;
  for (const value of doubledRanks) {
    for (let count = n1; count > 0; count--) {
      const [from, to] = [ways[count - 1]!, ways[count]!];
      for (let sum = sumMax; sum >= value; sum--) to[sum]! += from[sum - value]!;
    }
  }
  const expected = n1 * (doubledRanks.length + 1);
  const distance = Math.abs(observed - expected);
  let [tail, all] = [0, 0];
  ways[n1]!.forEach((count, sum) => {
    all += count;
    if (Math.abs(sum - expected) >= distance - 1e-9) tail += count;
  });
  return tail / all;
}
