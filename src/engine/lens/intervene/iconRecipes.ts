import { invalidInput } from '../../../protocol/errors.ts';
import type { IconParams, StripParams } from '../../../protocol/interventions.ts';
import type { EditRecipe } from '../../../protocol/recipe.ts';
import type { BlockFacts } from './blockFacts.ts';

/**
 * One recipe for each γ: `D_out = D_in + γ · k · μ_f · W` everywhere, no b_pre; with guidance only the conditional row
 * gets it. A direction without an SAE's k counts with k = 1.
 *
 * @throws `invalidInput` for an SAE without a fixed k
 * @source Surkov et al. 2024, appendix; sdxl-unbox app.py; checked against test/golden/edits (icon)
 */
export function iconRecipes(
  { source, gammas = [0.5, 1, 1.5] }: Pick<IconParams, 'source' | 'gammas'>,
  { name, sae }: BlockFacts,
): readonly EditRecipe[] {
  const k = 'feature' in source ? sae?.definition.k : 1;
  if (k === undefined) {
    throw invalidInput(
      `The SAE at ${name} has no fixed number of active features (k), which the icon's strength is made of. Use a strip with the unit "mean".`,
    );
  }
  return gammas.map((gamma) => ({
    version: 1,
    name: `Icon, γ = ${String(gamma)}`,
    edits: [
      {
        kind: 'replace',
        block: name,
        sources: [source],
        strength: { value: gamma * k, unit: 'mean' },
      },
    ],
  }));
}

/** One recipe for each strength, in their order. */
export function stripRecipes(params: StripParams): readonly EditRecipe[] {
  const { block, source, strengths, unit, rows, mask, steps } = params;
  return strengths.map((value) => ({
    version: 1,
    name: `${String(value)} × ${unit}`,
    edits: [
      {
        kind: 'add',
        block,
        sources: [source],
        strength: { value, unit },
        rows,
        ...(mask && { mask }),
        ...(steps && { steps }),
      },
    ],
  }));
}
