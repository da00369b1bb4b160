import { invalidInput } from '../../../protocol/errors.ts';
import type { BaseRun } from '../../pipeline/baseRun.ts';
import type { TapRows } from '../../pipeline/tapRows.ts';
import type { ResolvedSource } from './editSources.ts';

/** What the tap of a block read in one step of an unedited run. */
export function rowsAt(base: BaseRun, stepIndex: number, block: string): TapRows {
  const found = base.steps[stepIndex]?.rows.find(({ tap }) => tap.stage.name === block);
  if (found) return found;
  throw invalidInput(`Step ${String(stepIndex)} of the unedited run has no block ${block}.`);
}

/**
 * The codes `s` of a source in every cell of the unedited run, one map a row of the batch.
 *
 * @returns f32 `[rows][cells]`
 * @throws `invalidInput` where the SAE's list was too short to hold all active features
 */
export function staticMaps(rows: TapRows, source: ResolvedSource): readonly Float32Array[] {
  const cells = rows.cellsHigh * rows.cellsWide;
  return Array.from({ length: rows.rows }, (_, row) =>
    source.feature === undefined
      ? directionMap(rows, source, row, cells)
      : featureMap(rows, source.feature, row, cells),
  );
}

function featureMap(rows: TapRows, feature: number, row: number, cells: number): Float32Array {
  const map = new Float32Array(cells);
  const { codes } = rows;
  if (!codes) return map;
  if (codes.isCut) throw tooMany(rows.tap.stage.name, codes.slotCount);
  const { ids, values, slotCount } = codes;
  const start = row * cells * slotCount;
  for (let slot = 0; slot < cells * slotCount; slot++) {
    if (ids[start + slot] !== feature) continue;
    // An empty slot has value 0 beside an id that means nothing.
    const cell = Math.floor(slot / slotCount);
    map[cell] = Math.max(map[cell] ?? 0, values[start + slot] ?? 0);
  }
  return map;
}

function directionMap(
  { tap, update }: TapRows,
  { read, readBias, label }: ResolvedSource,
  row: number,
  cells: number,
): Float32Array {
  if (!update) throw invalidInput(`${label}: the update of ${tap.stage.name} was not kept.`);
  const map = new Float32Array(cells).fill(readBias);
  for (let channel = 0; channel < tap.width; channel++) {
    const weight = read?.[channel] ?? 0;
    if (weight === 0) continue;
    const start = (row * tap.width + channel) * cells;
    for (let cell = 0; cell < cells; cell++) {
      map[cell] = (map[cell] ?? 0) + weight * (update[start + cell] ?? 0);
    }
  }
  return map;
}

/** @throws `invalidInput` where the list of codes is not complete */
export const tooMany = (block: string, slotCount: number): Error =>
  invalidInput(
    `More than ${String(slotCount)} features are active in some cell of ${block}: static maps would lack some. Use adaptive maps.`,
  );

/** Largest code of a source in the conditional row over all steps and cells of the unedited run. */
export function observedMax(base: BaseRun, source: ResolvedSource): number {
  return base.steps.reduce((largest, _, stepIndex) => {
    const map = staticMaps(rowsAt(base, stepIndex, source.block), source).at(-1);
    return (map ?? new Float32Array()).reduce((max, value) => Math.max(max, value), largest);
  }, 0);
}
