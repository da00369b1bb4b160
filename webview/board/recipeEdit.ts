import type { BoardBlock } from '../../src/protocol/boardPanel.ts';
import type { AmountCheck } from '../../src/protocol/interventions.ts';
import {
  type Edit,
  type EditRecipe,
  type EditSource,
  type MapKind,
  type Strength,
  type StrengthUnit,
} from '../../src/protocol/recipe.ts';

/** What can be done, as the editor names it. A removal is a scale with factor 0. */
export const operations = [
  ['scale', 'Scale or remove'],
  ['add', 'Add'],
  ['addActive', 'Add where active'],
  ['replace', 'Replace the update by'],
  ['keepOnly', 'Keep only'],
  ['reconstruct', 'Reconstruct by the SAE'],
  ['reconstructWithError', 'Reconstruct with its error'],
  ['ablate', 'Ablate the whole block'],
  ['swap', 'Swap with another run'],
] as const;
export type Operation = (typeof operations)[number][0];

/** Undefined: an edit with maps of its own, such as a control's, which the editor does not change. */
export function operationOf(edit: Edit): Operation | undefined {
  switch (edit.kind) {
    case 'add':
      return edit.onlyActive === undefined ? 'add' : 'addActive';
    case 'reconstruct':
      return edit.withError ? 'reconstructWithError' : 'reconstruct';
    case 'addMap':
      return undefined;
    default:
      return edit.kind;
  }
}

export const sourcesOf = (edit: Edit): readonly EditSource[] =>
  'sources' in edit ? edit.sources : [];

const mapsOf = (edit: Edit): MapKind =>
  'maps' in edit ? edit.maps : edit.kind === 'add' ? (edit.onlyActive ?? 'static') : 'static';

const strengthOf = (edit: Edit): Strength =>
  'strength' in edit ? edit.strength : { value: 1, unit: 'max' };

/** The same place, steps and sources under another operation. */
export function withOperation(edit: Edit, operation: Operation): Edit {
  const { block, mask, steps } = edit;
  const place = { block, ...(mask ? { mask } : {}), ...(steps ? { steps } : {}) };
  const known = sourcesOf(edit);
  const sources = known.length > 0 ? known : [{ feature: 0 }];
  const maps = mapsOf(edit);
  const rows = edit.kind === 'add' ? edit.rows : 'both';
  switch (operation) {
    case 'scale':
      return { kind: 'scale', ...place, sources, factor: 0, maps };
    case 'add':
      return { kind: 'add', ...place, sources, strength: strengthOf(edit), rows };
    case 'addActive':
      return { kind: 'add', ...place, sources, strength: strengthOf(edit), rows, onlyActive: maps };
    case 'replace':
      return { kind: 'replace', ...place, sources, strength: strengthOf(edit) };
    case 'keepOnly':
      return { kind: 'keepOnly', ...place, sources, maps };
    case 'reconstruct':
      return { kind: 'reconstruct', ...place, withError: false, maps };
    case 'reconstructWithError':
      return { kind: 'reconstruct', ...place, withError: true, maps };
    case 'ablate':
      return { kind: 'ablate', ...place };
    case 'swap':
      return { kind: 'swap', ...place, from: edit.kind === 'swap' ? edit.from : { seed: 0 } };
  }
}

export const withSources = (edit: Edit, sources: readonly EditSource[]): Edit =>
  'sources' in edit ? { ...edit, sources } : edit;

/** Static or adaptive codes, where an edit has any. */
export function withMaps(edit: Edit, maps: MapKind): Edit {
  if (edit.kind === 'add')
    return edit.onlyActive === undefined ? edit : { ...edit, onlyActive: maps };
  return 'maps' in edit ? { ...edit, maps } : edit;
}

/** A copy that does not have the key at all, as recipes are written. */
export function without<T extends object, Key extends keyof T>(of: T, key: Key): Omit<T, Key> & T {
  const copy = { ...of };
  Reflect.deleteProperty(copy, key);
  return copy;
}

export function withSteps(edit: Edit, steps: readonly number[] | undefined): Edit {
  return steps ? { ...edit, steps } : without(edit, 'steps');
}

export function withMask(edit: Edit, mask: Edit['mask']): Edit {
  return mask ? { ...edit, mask } : without(edit, 'mask');
}

export const withEdit = (recipe: EditRecipe, index: number, edit: Edit): EditRecipe => ({
  ...recipe,
  edits: recipe.edits.with(index, edit),
});

/** A new edit like the last one: what is added next is mostly for the same block. */
export function withAnotherEdit(recipe: EditRecipe, blocks: readonly BoardBlock[]): EditRecipe {
  const block = recipe.edits.at(-1)?.block ?? blocks.at(-1)?.block ?? '';
  const hasFeatures = blocks.some((one) => one.block === block && one.nFeatures !== null);
  const edit: Edit = hasFeatures
    ? { kind: 'scale', block, sources: [{ feature: 0 }], factor: 0, maps: 'static' }
    : { kind: 'ablate', block };
  return { ...recipe, edits: [...recipe.edits, edit] };
}

/** A strength's size in codes is `value · unit`, so another unit needs what both stand for. */
export function convertStrength(
  { value, unit }: Strength,
  to: StrengthUnit,
  known: Pick<AmountCheck, 'mean' | 'max'> | undefined,
): Strength | undefined {
  const from = unitSize(unit, known);
  const target = unitSize(to, known);
  if (from === undefined || target === undefined) return undefined;
  return { value: Number(((value * from) / target).toPrecision(4)), unit: to };
}

function unitSize(
  unit: StrengthUnit,
  known: Pick<AmountCheck, 'mean' | 'max'> | undefined,
): number | undefined {
  if (unit === 'raw') return 1;
  const size = unit === 'mean' ? known?.mean : known?.max;
  return size !== null && size !== undefined && size > 0 ? size : undefined;
}

/** What a slider offers; the field beside it takes all that a recipe may hold. */
export const sliderRange: Readonly<Record<StrengthUnit | 'factor', readonly [number, number]>> = {
  mean: [-40, 40],
  max: [-4, 4],
  raw: [-400, 400],
  factor: [-4, 4],
};
