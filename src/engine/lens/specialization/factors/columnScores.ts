import { auroc } from '../../../../numerics/auroc.ts';
import { SeededDraws } from '../../../../numerics/seededDraws.ts';
import { type Interval, intervalOf } from '../crossedBootstrap.ts';
import type { Pair } from './matchedPairs.ts';

/** A figure of every picture: a feature's mean code, a channel's mean. */
export interface Column {
  /** Feature or channel. */
  readonly id: number;
  readonly values: ArrayLike<number>; // [pictures]
}

/** How well one column tells pictures that state a factor from those that do not. */
export interface ColumnScore extends Interval {
  readonly id: number;
  /** 1 where larger values mean the factor, -1 where smaller ones do. */
  readonly sign: 1 | -1;
  /** Of as good a score when pictures and factor have nothing to do with each other. */
  readonly pValue: number;
  /** 95 % of the scores by chance are below. */
  readonly nullHigh: number;
}

const draws = { bootstrap: 400, null: 999 } as const;

const sidesOf = ({ values }: Column, pairs: readonly Pair[]) =>
  [pairs.map(([one]) => values[one] ?? 0), pairs.map(([, other]) => values[other] ?? 0)] as const;

/** How far the AUROC on some pairs is from chance, with the side on which it is. */
function strength(column: Column, pairs: readonly Pair[]): { by: number; sign: 1 | -1 } {
  const score = auroc(...sidesOf(column, pairs)) - 0.5;
  return { by: Math.abs(score), sign: score < 0 ? -1 : 1 };
}

/** Columns with the side that means the factor, best first; ties: the lower id. @param pairs of the choosing pictures */
export const ranked = (
  columns: readonly Column[],
  pairs: readonly Pair[],
): readonly { readonly column: Column; readonly sign: 1 | -1; readonly by: number }[] =>
  columns
    .map((column) => ({ column, ...strength(column, pairs) }))
    .sort((a, b) => b.by - a.by || a.column.id - b.column.id);

/**
 * AUROC of one column on pictures that had no part in choosing it. Interval: bootstrap over pairs (percentiles). Null:
 * in each pair it is drawn which of the two states the factor; `p = (1 + #{null ≥ score}) / (1 + 999)`, one-sided, as
 * the side was chosen elsewhere.
 *
 * @param pairs of the scoring pictures
 * @source Phipson & Smyth 2010 (p is never 0); null and coverage are simulated in its test
 */
export function columnScore(
  column: Column,
  sign: 1 | -1,
  pairs: readonly Pair[],
  seed: number,
): ColumnScore {
  const chance = new SeededDraws(seed);
  const [ones, others] = sidesOf(column, pairs).map((side) => side.map((value) => sign * value)) as [number[], number[]]; // prettier-ignore
  const value = auroc(ones, others);
  const boots = Array.from({ length: draws.bootstrap }, () => {
    const drawn = pairs.map(() => chance.below(pairs.length));
    return auroc(
      drawn.map((i) => ones[i] ?? 0),
      drawn.map((i) => others[i] ?? 0),
    );
  });
  const nulls = Array.from({ length: draws.null }, () => {
    const isSwapped = pairs.map(() => chance.below(2) === 1);
    return auroc(
      ones.map((one, i) => (isSwapped[i] ? (others[i] ?? 0) : one)),
      others.map((other, i) => (isSwapped[i] ? (ones[i] ?? 0) : other)),
    );
  }).sort((a, b) => a - b);
  const { low, high } = intervalOf(0, boots);
  return {
    ...{ id: column.id, sign, value, low: Math.min(low, value), high: Math.max(high, value) },
    pValue: (1 + nulls.filter((each) => each >= value).length) / (1 + draws.null),
    nullHigh: nulls[Math.ceil(0.95 * draws.null) - 1] ?? 1,
  };
}
