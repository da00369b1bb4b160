import { activities, type BlockCodes, mapOf } from '../../src/numerics/codes.ts';
import { contrastNoises } from '../../src/numerics/contrastNoises.ts';
import type { FeatureRef, ReadBlock } from '../../src/protocol/featurePanel.ts';
import type { Area, Content, PanelState } from './state.ts';

/** One feature of a block. */
export interface Row {
  readonly id: number;
  /** What it is ranked by: more than the control, or, made here, the mean. */
  readonly value: number;
  /** Over the noises; null without several. */
  readonly spread: number | null;
  readonly picture: number;
  /** In the control; made here, in the rest of the picture, null for the whole. */
  readonly beside: number | null;
}

type Sources = Pick<PanelState, 'area' | 'stepIndex'> & { readonly content: Content };

const codesOf = (reading: ReadBlock): BlockCodes[] =>
  reading.steps.map((step) => ({ ...reading, ...step }));

const controlOf = (content: Content, { block }: ReadBlock): ReadBlock | undefined =>
  content.controlReadings.find((each) => each.block === block);

/** Cells that the area touches, whatever grid it was drawn on. */
export function cellsIn(
  { rectangle, grid }: Area,
  { cellsHigh, cellsWide }: Pick<BlockCodes, 'cellsHigh' | 'cellsWide'>,
): (cell: number) => boolean {
  const { column, columns, row, rows } = rectangle;
  // In cells of the area's grid.
  const [wide, high] = [grid.cellsWide / cellsWide, grid.cellsHigh / cellsHigh];
  return (cell) => {
    const left = (cell % cellsWide) * wide;
    const top = Math.floor(cell / cellsWide) * high;
    const isBeside = left + wide <= column || left >= column + columns;
    return !isBeside && top + high > row && top < row + rows;
  };
}

/**
 * Features of a block, the strongest first. Encoded: by how much stronger they are than in the control under the same
 * noises, in the area's cells alone if there is one. Made here: by their mean, with an area by how much stronger they
 * are in it than in the rest.
 */
export function rowsOf({ content, area, stepIndex }: Sources, reading: ReadBlock): Row[] {
  const isIn = area ? cellsIn(area, reading) : undefined;
  const control = controlOf(content, reading);
  if (control) {
    return contrastNoises(codesOf(reading), codesOf(control), isIn)
      .map(({ id, difference, spread, picture, control: beside }) => ({
        ...{ id, value: difference, spread, picture, beside },
      }))
      .filter(({ value }) => value > 0);
  }
  const codes = codesOf(reading)[Math.min(stepIndex, reading.steps.length - 1)];
  if (!codes) return [];
  const rest = new Map(
    isIn ? activities(codes, (cell) => !isIn(cell)).map(({ id, mean }) => [id, mean]) : [],
  );
  return activities(codes, isIn)
    .map(({ id, mean }) => {
      const beside = isIn ? (rest.get(id) ?? 0) : null;
      return { id, value: mean - (beside ?? 0), spread: null, picture: mean, beside };
    })
    .filter(({ value }) => value > 0)
    .sort((a, b) => b.value - a.value || a.id - b.id);
}

/** Value of a feature in every cell: of the step, or the mean over the noises. */
export function meanMap(
  readings: readonly ReadBlock[],
  { block, id }: FeatureRef,
  stepIndex: number | null,
): {
  readonly values: Float32Array;
  readonly cellsHigh: number;
  readonly cellsWide: number;
} | null {
  const reading = readings.find((each) => each.block === block);
  if (!reading || reading.steps.length === 0) return null;
  const { cellsHigh, cellsWide } = reading;
  const all = codesOf(reading);
  const used =
    stepIndex === null ? all : all.slice(Math.min(stepIndex, all.length - 1)).slice(0, 1);
  const values = new Float32Array(cellsHigh * cellsWide);
  for (const codes of used) {
    for (const [cell, value] of mapOf(codes, id).entries()) values[cell]! += value / used.length;
  }
  return { values, cellsHigh, cellsWide };
}
