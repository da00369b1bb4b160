import { maskCells } from '../../../numerics/maskCells.ts';
import { FeaturescopeError, invalidInput } from '../../../protocol/errors.ts';
import type { Edit, EditMask, EditRecipe } from '../../../protocol/recipe.ts';
import type { TapEdit } from '../../onnx/tapEdit.ts';
import type { BaseRun } from '../../pipeline/baseRun.ts';
import type { EditSchedule } from '../../pipeline/editing.ts';
import type { TapRows } from '../../pipeline/tapRows.ts';
import { amountOf, type KnownMax, maxOf, type ObservedMaxima } from './amounts.ts';
import type { BlockFacts } from './blockFacts.ts';
import { type ResolvedSource, resolveSource } from './editSources.ts';
import { rebuildStatic } from './rebuildStatic.ts';
import { rowsAt, staticMaps } from './staticCodes.ts';
import { type EditSink, type RowMaps, TapEditBuilder } from './tapEditBuilder.ts';

export interface CompileContext {
  readonly blocks: readonly BlockFacts[];
  readonly base: BaseRun;
  /** The other runs of `swap` edits, by the edit's index. */
  readonly swaps: ReadonlyMap<number, BaseRun>;
  readonly observed?: ObservedMaxima | undefined;
}

/**
 * A recipe as the edits of every step and stage, with static maps, masks and amounts filled in.
 *
 * @param recipe checked by `checkAgainstModel`
 * @returns one entry a step; undefined where nothing is edited
 * @throws `invalidInput` for what only the picture shows: an empty mask, a grid that does not fit, a missing maximum
 */
export function compileRecipe(recipe: EditRecipe, context: CompileContext): EditSchedule {
  const { base, blocks } = context;
  return base.steps.map((_, stepIndex) => {
    const taps = new Map<string, TapEdit>();
    for (const block of editedBlocks(recipe, blocks, stepIndex)) {
      const rows = rowsAt(base, stepIndex, block.name);
      const builder = new TapEditBuilder({
        rows: rows.rows,
        cells: rows.cellsHigh * rows.cellsWide,
        width: block.width,
        nFeatures: block.sae?.definition.nFeatures ?? 0,
      });
      applyEdits(recipe, builder, { ...context, block, rows, stepIndex });
      taps.set(block.name, builder.build(rows));
    }
    return taps.size > 0 ? taps : undefined;
  });
}

/** The blocks that a recipe edits in one step, in the order in which they run. */
export const editedBlocks = (
  { edits }: EditRecipe,
  blocks: readonly BlockFacts[],
  stepIndex: number,
): readonly BlockFacts[] =>
  blocks.filter(({ name }) =>
    edits.some((edit) => edit.block === name && isEditedAt(edit, stepIndex)),
  );

export interface EditPlace extends CompileContext {
  readonly block: BlockFacts;
  readonly rows: TapRows;
  readonly stepIndex: number;
}

/** Tells a sink, in order, what a recipe does at one stage in one step. @throws as `compileRecipe` */
export function applyEdits(recipe: EditRecipe, sink: EditSink, place: EditPlace): void {
  for (const [editIndex, edit] of recipe.edits.entries()) {
    if (edit.block !== place.block.name || !isEditedAt(edit, place.stepIndex)) continue;
    applyEdit(sink, edit, { ...place, editIndex });
  }
}

export const isEditedAt = ({ steps }: Edit, stepIndex: number): boolean =>
  steps?.includes(stepIndex) ?? true;

/**
 * An edit's mask on a stage's cells.
 *
 * @returns f32 `[cells]`, all 1 without a mask
 * @throws `invalidInput` for a mask that touches nothing
 */
export function cellsOf(mask: EditMask | undefined, high: number, wide: number): Float32Array {
  if (!mask) return new Float32Array(high * wide).fill(1);
  let cells: Float32Array;
  try {
    cells = maskCells(mask, high, wide);
  } catch (error) {
    throw new FeaturescopeError('invalidInput', (error as Error).message, { cause: error });
  }
  if (cells.some((weight) => weight > 0)) return cells;
  throw invalidInput(
    'The mask is empty: it touches no cell, so the edit would do nothing. Paint something, or take the mask away to edit everywhere.',
  );
}

interface Place extends EditPlace {
  readonly editIndex: number;
}

function applyEdit(sink: EditSink, edit: Edit, place: Place): void {
  const { block, rows } = place;
  const mask = cellsOf(edit.mask, rows.cellsHigh, rows.cellsWide);
  const each = (use: (source: ResolvedSource) => void): void => {
    if (!('sources' in edit)) return;
    for (const source of edit.sources) use(resolveSource(source, block));
  };
  const alike = (weights: Float32Array): RowMaps =>
    Array.from({ length: rows.rows }, () => weights);
  const masked = (maps: RowMaps): RowMaps =>
    maps.map((map) => map.map((value, cell) => value * (mask[cell] ?? 0)));
  const amount = (source: ResolvedSource): number =>
    'strength' in edit ? amountOf(edit.strength, source, () => knownMax(source, place)) : 0;

  switch (edit.kind) {
    case 'scale':
      each((source) => {
        const byCode = edit.factor - 1;
        if (edit.maps === 'adaptive') sink.list(source, alike(mask), { byCode });
        else sink.list(source, masked(staticMaps(rows, source)), { constant: byCode });
      });
      break;
    case 'add':
      each((source) => {
        const painted = paintedRows(mask, rows.rows, edit.rows);
        const constant = amount(source);
        if (edit.onlyActive === 'adaptive') {
          sink.list(source, painted, { whereActive: constant });
        } else if (edit.onlyActive === 'static') {
          const active = staticMaps(rows, source);
          const where = painted.map((map, row) =>
            map.map((weight, cell) => ((active[row]?.[cell] ?? 0) > 0 ? weight : 0)),
          );
          sink.list(source, where, { constant });
        } else sink.list(source, painted, { constant });
      });
      break;
    case 'replace':
      sink.fade(mask);
      each((source) => {
        const rowsOf = paintedRows(mask, rows.rows, 'conditional');
        sink.list(source, rowsOf, { constant: amount(source) });
      });
      break;
    case 'keepOnly':
      sink.fade(mask);
      each((source) => {
        if (edit.maps === 'adaptive') sink.list(source, alike(mask), { byCode: 1 });
        else sink.list(source, masked(staticMaps(rows, source)), { constant: 1 });
      });
      break;
    case 'reconstruct':
      sink.fade(mask);
      if (edit.withError) sink.addOwn(mask);
      else if (edit.maps === 'adaptive') sink.addRebuilt(mask);
      else {
        sink.addTensor(rebuildStatic(rows, block), mask);
        sink.addBias(mask);
      }
      break;
    case 'ablate':
      sink.fade(mask);
      break;
    case 'swap':
      sink.fade(mask);
      sink.addTensor(updateOf(place), mask);
      break;
    case 'addMap':
      each((source) => {
        const maps = givenMaps(edit, place);
        if (maps) sink.list(source, masked(maps), { constant: 1 });
      });
      break;
  }
}

/** With guidance `both` takes from the unconditional row what it gives to the conditional one. */
function paintedRows(mask: Float32Array, rows: number, kind: 'conditional' | 'both'): RowMaps {
  if (rows === 1) return [mask];
  return [mask.map((weight) => (kind === 'both' ? -weight : 0)), mask];
}

function knownMax(source: ResolvedSource, { base, block, observed }: Place): KnownMax {
  return maxOf(source, base, block.sae?.sha256, observed);
}

function updateOf({ swaps, editIndex, stepIndex, block }: Place): Float32Array {
  const other = swaps.get(editIndex);
  const update = other && rowsAt(other, stepIndex, block.name).update;
  if (update) return update;
  throw invalidInput(`The run to swap with has no update of ${block.name}.`);
}

function givenMaps(
  edit: Extract<Edit, { kind: 'addMap' }>,
  { rows, stepIndex, block }: Place,
): RowMaps | undefined {
  const { cellsHigh, cellsWide } = rows;
  if (edit.cellsHigh !== cellsHigh || edit.cellsWide !== cellsWide) {
    throw invalidInput(
      `The map is for ${String(edit.cellsHigh)} x ${String(edit.cellsWide)} cells; ${block.name} has ${String(cellsHigh)} x ${String(cellsWide)} here.`,
    );
  }
  const given = edit.weights[stepIndex];
  if (!given) return undefined;
  if (given.length > rows.rows) {
    throw invalidInput('The map has two rows, but without guidance the run has one.');
  }
  const maps = given.map((map) => {
    if (map.length === cellsHigh * cellsWide) return Float32Array.from(map);
    throw invalidInput(
      `The map of step ${String(stepIndex)} has ${String(map.length)} weights for ${String(cellsHigh * cellsWide)} cells.`,
    );
  });
  // One row alone is the conditional one, the last.
  const missing = rows.rows - maps.length;
  return [
    ...Array.from({ length: missing }, () => new Float32Array(cellsHigh * cellsWide)),
    ...maps,
  ];
}
