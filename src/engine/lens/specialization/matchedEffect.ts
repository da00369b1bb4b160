/** What one dose of an arm did: one total effect and some figures for each feature and prompt. */
export interface DoseEffects {
  readonly dose: number;
  readonly total: readonly (readonly number[])[]; // [features][prompts]
  readonly figures: readonly (readonly (readonly number[])[])[]; // [figures][features][prompts]
}

/** An arm at the dose at which its mean total effect is the wanted one. */
export interface MatchedArm {
  readonly dose: number;
  readonly figures: readonly (readonly (readonly number[])[])[]; // [figures][features][prompts]
}

/** The largest total effect that every arm reaches: the least of their means at the largest dose. */
export const commonEffect = (arms: readonly (readonly DoseEffects[])[]): number =>
  Math.min(...arms.map((doses) => Math.max(...doses.map(({ total }) => meanOf(total)))));

/**
 * An arm's figures at matched total effect. Between two measured doses, and between no edit (all 0) and the least, both
 * the mean total effect and every figure are taken as straight lines in the dose; never beyond the largest.
 *
 * @param doses of one arm (a block's features, or its random directions), in any order
 * @param wanted mean total effect, in the unit of `total`
 * @returns undefined when no dose has that much effect
 */
export function atMatchedEffect(
  doses: readonly DoseEffects[],
  wanted: number,
): MatchedArm | undefined {
  const sorted = [...doses].sort((a, b) => a.dose - b.dose);
  let before: { readonly dose: number; readonly mean: number; readonly of?: DoseEffects } = {
    dose: 0,
    mean: 0,
  };
  for (const of of sorted) {
    const mean = meanOf(of.total);
    if (mean >= wanted) {
      const share = mean > before.mean ? (wanted - before.mean) / (mean - before.mean) : 1;
      const { of: lower } = before;
      return {
        dose: before.dose + share * (of.dose - before.dose),
        figures: of.figures.map((rows, k) =>
          rows.map((row, f) =>
            row.map((value, p) => {
              const from = lower?.figures[k]?.[f]?.[p] ?? 0;
              return from + share * (value - from);
            }),
          ),
        ),
      };
    }
    before = { dose: of.dose, mean, of };
  }
  return undefined;
}

function meanOf(rows: readonly (readonly number[])[]): number {
  const all = rows.flat();
  return all.reduce((sum, value) => sum + value, 0) / Math.max(1, all.length);
}
