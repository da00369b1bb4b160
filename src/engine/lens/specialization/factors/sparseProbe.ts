import { meanOf } from '../../../../numerics/meanOf.ts';
import { auroc } from '../../../../numerics/auroc.ts';
import { ridge } from '../../../../numerics/ridge.ts';
import { type Column, ranked } from './columnScores.ts';
import type { Pair } from './matchedPairs.ts';

/** Pull towards 0, in samples, on standardised columns. */
const ridgeShare = 0.1;

/** How many columns a probe may use. */
export const probeSizes = [1, 2, 4, 8, 16, 32] as const;

/**
 * Test AUROC of a linear probe over the k best columns, for each k. Columns are chosen (by AUROC), standardised and
 * weighted (least squares with a ridge of 0.1 n) on the choosing pairs alone; the scoring pairs only score. More columns
 * than there are count as all of them.
 *
 * @returns one AUROC a size of `probeSizes`, 0 ... 1
 * @source k-sparse probing as in Gurnee et al. 2023 ("Finding neurons in a haystack"), with ridge regression instead of
 *   logistic
 */
export function sparseProbe(
  columns: readonly Column[],
  choosing: readonly Pair[],
  testing: readonly Pair[],
): readonly number[] {
  const largest = Math.max(...probeSizes);
  const best = ranked(columns, choosing).slice(0, largest);
  const scales = best.map(({ column: { values } }) => {
    const own = choosing.flat().map((picture) => values[picture] ?? 0);
    const mean = meanOf(own);
    const square = own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / own.length;
    return { values, mean, std: square > 0 ? Math.sqrt(square) : 1 };
  });
  const rowOf = (picture: number): number[] =>
    scales.map(({ values, mean, std }) => ((values[picture] ?? 0) - mean) / std);
  const rows = choosing.flatMap((pair) => pair.map(rowOf));
  const targets = choosing.flatMap(() => [0.5, -0.5]);
  const tests = testing.map((pair) => pair.map(rowOf));
  return probeSizes.map((size) => {
    const kept = Math.min(size, best.length);
    const short = rows.map((row) => row.slice(0, kept));
    const weights = ridge(short, targets, ridgeShare * rows.length);
    const score = (row: readonly number[] | undefined): number =>
      weights.reduce((sum, weight, i) => sum + weight * (row?.[i] ?? 0), 0);
    return auroc(
      tests.map(([one]) => score(one)),
      tests.map(([, other]) => score(other)),
    );
  });
}
