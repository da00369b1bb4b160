import { invalidInput } from '../../protocol/errors.ts';
import type { TensorValue } from '../../protocol/tensors.ts';
import type { CellMap, CellWeight } from './tapEdit.ts';

/** Size of the batch that a run will have. */
export interface BatchShape {
  readonly rows: number;
  /** height · columns of the stage */
  readonly cells: number;
}

export const float32 = (dims: readonly number[], data: Float32Array): TensorValue => ({
  dtype: 'float32',
  dims,
  data,
});

/** @throws `invalidInput` for another length, NaN and infinities */
export function checkFinite(values: Float32Array, label: string, length: number): Float32Array {
  if (values.length !== length) {
    throw invalidInput(`${label} has ${values.length} values, not ${length}.`);
  }
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw invalidInput(`${label} holds ${values[bad]} at ${bad}; a number is wanted.`);
  return values;
}

/** `[rows|1, cells|1]` */
export function cellMapTensor(map: CellMap, label: string, shape: BatchShape): TensorValue {
  const rows = rowsOf(map, label, shape.rows);
  const size = rows.every((row) => typeof row === 'number') ? 1 : shape.cells;
  const data = new Float32Array(rows.length * size);
  rows.forEach((row, index) => {
    data.set(expand(row, label, size), index * size);
  });
  return float32([rows.length, size], data);
}

/** `[rows|1, maps, cells|1]` */
export function stackedMapsTensor(
  maps: readonly CellMap[],
  label: string,
  shape: BatchShape,
): TensorValue {
  const perMap = maps.map((map, index) => rowsOf(map, `${label} ${index}`, shape.rows));
  const rowCount = Math.max(...perMap.map((rows) => rows.length));
  const isConstant = perMap.every((rows) => rows.every((row) => typeof row === 'number'));
  const size = isConstant ? 1 : shape.cells;
  const data = new Float32Array(rowCount * maps.length * size);
  perMap.forEach((rows, mapIndex) => {
    for (let row = 0; row < rowCount; row++) {
      const weight = rows[rows.length === 1 ? 0 : row]!;
      const at = (row * maps.length + mapIndex) * size;
      data.set(expand(weight, `${label} ${mapIndex}`, size), at);
    }
  });
  return float32([rowCount, maps.length, size], data);
}

function rowsOf(map: CellMap, label: string, rows: number): readonly CellWeight[] {
  const list = typeof map === 'number' || map instanceof Float32Array ? [map] : map;
  if (list.length === 1 || list.length === rows) return list;
  throw invalidInput(`${label} is given for ${list.length} rows, but the batch has ${rows}.`);
}

function expand(weight: CellWeight, label: string, size: number): Float32Array {
  const values = typeof weight === 'number' ? new Float32Array(size).fill(weight) : weight;
  return checkFinite(values, label, size);
}
