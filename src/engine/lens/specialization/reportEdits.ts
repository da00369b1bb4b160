import { SeededDraws } from '../../../numerics/seededDraws.ts';
import { mixed } from '../../../numerics/permutation.ts';
import type {
  Edit,
  EditMask,
  EditRecipe,
  EditSource,
  PictureBase,
} from '../../../protocol/recipe.ts';
import type { BaseRun } from '../../pipeline/baseRun.ts';
import type { BlockFacts } from '../intervene/blockFacts.ts';
import { cellsOf } from '../intervene/compileRecipe.ts';
import { resolveSource } from '../intervene/editSources.ts';
import { rowsAt } from '../intervene/staticCodes.ts';
import type { ReportManifest } from './reportManifest.ts';
import type { AblateRow, EditRow } from './reportRows.ts';

/** Where features are added: the middle of the picture, half as wide and half as high. The same for every block and arm. */
export const editedArea: EditMask = {
  kind: 'cells',
  cellsHigh: 4,
  cellsWide: 4,
  weights: [0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0],
};

export const requestOf = (
  { settled: { prompts, picture, steps } }: ReportManifest,
  prompt: number,
  run: 'main' | 'over',
): PictureBase => ({ prompt: '', seed: 0, ...prompts[prompt], ...picture, steps: steps[run] });

/** Icons are drawn on the empty prompt. */
export const emptyRequest = ({
  settled: { picture, steps, seed },
}: ReportManifest): PictureBase => ({ prompt: '', seed, ...picture, steps: steps.main });

/** A direction of length 1 that belongs to a place: the same at every call. */
function directionAt(width: number, seed: number, ...place: readonly number[]): number[] {
  return Array.from(new SeededDraws(mixed(seed, ...place)).direction(width));
}

/**
 * What is added along a unit direction so that `‖δ‖ = dose · rms‖ΔD‖`, both root mean squares over the cells of the
 * picture, with δ = M · amount · W in the masked cells.
 *
 * @param norm of the source's vector
 */
export function amountForDose(dose: number, rms: number, norm: number, mask: Float32Array): number {
  const square = mask.reduce((sum, weight) => sum + weight * weight, 0) / mask.length;
  return (dose * rms) / (norm * Math.sqrt(square));
}

/** What was done for a row of the kind `edit`: a feature, or a random direction, added in the middle at a dose. */
export function editOf(
  { arm, slot, dose }: Pick<EditRow, 'arm' | 'slot' | 'dose'>,
  block: BlockFacts,
  base: BaseRun,
  manifest: ReportManifest,
): EditRecipe {
  const feature = manifest.chosen.features[block.name]?.[slot] ?? 0;
  const source = arm === 'random' ? randomAt(slot, block, manifest) : { feature };
  const signed = arm === 'flip' ? -dose : dose;
  return addition(source, signed, { mask: editedArea }, block, base, manifest);
}

/** Chart 5 adds everything at the middle one of the report's doses. */
export const steeringDose = ({ doses }: ReportManifest['settled']): number =>
  doses[(doses.length - 1) >> 1] ?? 1;

/** What was done for a row of the kind `steer` or `drift`: a feature, or a random direction, added everywhere. */
export const steeringOf = (
  source: { readonly feature: number } | { readonly slot: number },
  block: BlockFacts,
  base: BaseRun,
  manifest: ReportManifest,
): EditRecipe =>
  addition(
    'slot' in source ? randomAt(source.slot, block, manifest) : source,
    steeringDose(manifest.settled),
    {},
    block,
    base,
    manifest,
  );

const randomAt = (slot: number, block: BlockFacts, { settled }: ReportManifest): EditSource => ({
  name: `random direction ${slot + 1}`,
  vector: directionAt(block.width, settled.seed, blockNumber(settled, block), slot),
});

/** @param dose below 0: taken away */
function addition(
  source: EditSource,
  dose: number,
  where: { readonly mask?: EditMask },
  block: BlockFacts,
  base: BaseRun,
  { chosen }: ReportManifest,
): EditRecipe {
  const { cellsHigh, cellsWide } = rowsAt(base, 0, block.name);
  const { norm, label } = resolveSource(source, block);
  const mask = where.mask
    ? cellsOf(where.mask, cellsHigh, cellsWide)
    : new Float32Array(cellsHigh * cellsWide).fill(1);
  const value = amountForDose(dose, chosen.rms[block.name] ?? 0, norm, mask);
  const name = `${label}, dose ${dose < 0 ? '−' : ''}${Math.abs(dose)}`;
  const edit: Edit = {
    ...{ kind: 'add', block: block.name, sources: [source], rows: 'conditional' },
    ...{ strength: { value, unit: 'raw' }, ...where },
  };
  return { version: 1, name, edits: [edit] };
}

const blockNumber = ({ blocks, stages }: ReportManifest['settled'], { name }: BlockFacts): number =>
  [...blocks, ...stages].indexOf(name);

/**
 * What was done for a row of the kind `ablate`: the stage's update left out; or a random direction added that is as long
 * as the update in every cell, row and step.
 */
export function ablationOf(
  { arm, window, prompt }: Pick<AblateRow, 'arm' | 'window' | 'prompt'>,
  block: BlockFacts,
  base: BaseRun,
  { settled }: ReportManifest,
): EditRecipe {
  const where = window ? `, steps ${window.map((step) => step + 1).join(', ')}` : '';
  const steps = window && { steps: window };
  if (arm === 'ablate') {
    const edit: Edit = { kind: 'ablate', block: block.name, ...steps };
    return { version: 1, name: `without ${block.name}${where}`, edits: [edit] };
  }
  const { cellsHigh, cellsWide } = rowsAt(base, 0, block.name);
  const vector = directionAt(block.width, settled.seed, blockNumber(settled, block), prompt, 1);
  const weights = base.steps.map((_, stepIndex) => {
    const { rows, norm } = rowsAt(base, stepIndex, block.name);
    const cells = cellsHigh * cellsWide;
    return Array.from({ length: rows }, (__, row) =>
      Array.from(norm.subarray(row * cells, (row + 1) * cells)),
    );
  });
  const edit: Edit = {
    ...{ kind: 'addMap', block: block.name, weights, cellsHigh, cellsWide, ...steps },
    sources: [{ name: 'random direction', vector }],
  };
  return { version: 1, name: `a random direction as long as ${block.name}${where}`, edits: [edit] };
}
