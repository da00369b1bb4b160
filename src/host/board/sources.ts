import type { BoardBlock } from '../../protocol/boardPanel.ts';
import type { FeatureRef } from '../../protocol/featurePanel.ts';
import type { BlockDescription, BlockReading } from '../../protocol/features.ts';
import { type Edit, type EditMask, type EditRecipe, recipeVersion } from '../../protocol/recipe.ts';

export const boardBlock = ({ block, width, sae }: BlockDescription): BoardBlock => ({
  block,
  width,
  nFeatures: sae?.nFeatures ?? null,
  hasMeans: sae?.featureMean !== undefined,
});

/** The paint tool's strength in the paper's app, × mean. */
const paintStrength = 10;

/** "Ablate": the feature's own part is taken out wherever it is active. */
export const removalOf = ({ block, id }: FeatureRef): EditRecipe =>
  recipeOf({ kind: 'scale', block, sources: [{ feature: id }], factor: 0, maps: 'static' });

/** "Add in mask": as the paper's app paints; × observed maximum where the SAE knows no means. */
export const additionOf = ({ block, id }: FeatureRef, hasMeans: boolean): EditRecipe =>
  recipeOf({
    kind: 'add',
    block,
    sources: [{ feature: id }],
    strength: hasMeans ? { value: paintStrength, unit: 'mean' } : { value: 1, unit: 'max' },
    rows: 'both',
  });

const recipeOf = (edit: Edit): EditRecipe => ({ version: recipeVersion, edits: [edit] });

const hasFeatures = (edit: Edit): boolean =>
  'sources' in edit ? edit.sources.some((one) => 'feature' in one) : edit.kind === 'reconstruct';

/** A recipe that names the SAE of each block whose features it uses; what it already says stays. */
export function withSaes(recipe: EditRecipe, blocks: readonly BlockDescription[]): EditRecipe {
  const used = new Set(recipe.edits.filter(hasFeatures).map(({ block }) => block));
  const saes: Record<string, string> = {};
  for (const name of used) {
    const installed = blocks.find(({ block }) => block === name)?.sae?.sha256;
    const sha256 = recipe.saes?.[name] ?? installed;
    if (sha256 !== undefined) saes[name] = sha256;
  }
  const { version, name, base, edits } = recipe;
  return {
    version,
    ...(name === undefined ? {} : { name }),
    ...(base ? { base } : {}),
    ...(Object.keys(saes).length > 0 ? { saes } : {}),
    edits,
  };
}

/**
 * Where an edit acts, for figures of other edits on the same place: its first mask, or the cells in which its features
 * were active in the first step.
 */
export function regionOf(
  { edits }: EditRecipe,
  readings: readonly BlockReading[],
): { readonly kind: 'mask' | 'active'; readonly mask: EditMask } | undefined {
  const painted = edits.find(({ mask }) => mask)?.mask;
  if (painted) return { kind: 'mask', mask: painted };
  for (const edit of edits) {
    const reading = readings.find(({ block }) => block === edit.block);
    const [step] = reading?.steps ?? [];
    if (!reading || !step || !('sources' in edit)) continue;
    const ids = new Set(edit.sources.flatMap((one) => ('feature' in one ? [one.feature] : [])));
    const { cellsHigh, cellsWide, slotCount } = reading;
    const weights = Array.from({ length: cellsHigh * cellsWide }, (_, cell) => {
      for (let slot = cell * slotCount; slot < (cell + 1) * slotCount; slot++) {
        if ((step.values[slot] ?? 0) > 0 && ids.has(step.ids[slot] ?? -1)) return 1;
      }
      return 0;
    });
    if (weights.includes(1)) {
      return { kind: 'active', mask: { kind: 'cells', cellsHigh, cellsWide, weights } };
    }
  }
  return undefined;
}
