import { modelError } from '../../protocol/errors.ts';
import type { TensorRef } from '../../protocol/tensors.ts';
import type { SplicedTap } from '../onnx/spliceTaps.ts';
import { portName, type Reading } from '../onnx/tapPorts.ts';
import { gridOf } from './tapReadings.ts';
import type { LatentShape } from './unet.ts';

/** Sparse codes of every row of the batch. A slot with value 0 is empty. */
export interface RowCodes {
  readonly slotCount: number;
  readonly ids: Int32Array; // [rows, cells, slotCount]
  readonly values: Float32Array; // [rows, cells, slotCount]
  /** Some cell had more active features than slots: what is missing is the weakest. */
  readonly isCut: boolean;
}

/** What a tap read in one run, of every row of the batch: with guidance the unconditional one first. */
export interface TapRows {
  readonly tap: SplicedTap;
  readonly rows: number;
  readonly cellsHigh: number;
  readonly cellsWide: number;
  /** `‖ΔD‖` */
  readonly norm: Float32Array; // [rows, cells]
  /** Undefined without an SAE. */
  readonly codes: RowCodes | undefined;
  /** ΔD before this stage's own edit; only where it was asked for. */
  readonly update: Float32Array | undefined; // [rows, width, cells]
}

/** Outputs to fetch for `readRows`. */
export function rowNames(tap: SplicedTap, withUpdate: boolean): readonly string[] {
  const ports: Reading[] = ['norm', ...(withUpdate ? (['update'] as const) : [])];
  if (tap.sae) ports.push('ids', 'values');
  if (isDense(tap)) ports.push('active');
  return ports.map((port) => portName(tap.stage.name, port));
}

/** Undefined when the run did not get to this tap. */
export function readRows(
  tap: SplicedTap,
  outputs: Readonly<Record<string, TensorRef>>,
  shape: LatentShape,
): TapRows | undefined {
  const read = (port: Reading): TensorRef | undefined => outputs[portName(tap.stage.name, port)];
  const normTensor = read('norm');
  if (!normTensor) return undefined;
  const [rows = 0, cells = 0] = normTensor.dims;
  const update = read('update');
  return {
    tap,
    rows,
    ...gridOf(tap, cells, shape),
    norm: copyOf(normTensor, Float32Array),
    codes: tap.sae && codesOf(read('ids'), read('values'), read('active')),
    update: update && copyOf(update, Float32Array),
  };
}

const isDense = ({ sae }: SplicedTap): boolean =>
  sae !== undefined && sae.activation.kind !== 'topk';

function codesOf(
  ids: TensorRef | undefined,
  values: TensorRef | undefined,
  active: TensorRef | undefined,
): RowCodes | undefined {
  if (!ids || !values) return undefined;
  const slotCount = values.dims[2] ?? 0;
  return {
    slotCount,
    ids: copyOf(ids, Int32Array),
    values: copyOf(values, Float32Array),
    isCut: active !== undefined && copyOf(active, Int32Array).some((count) => count > slotCount),
  };
}

/** A copy of its own: a view would keep the whole message alive. */
function copyOf<T extends Float32Array | Int32Array>(
  tensor: TensorRef,
  type: abstract new (...args: never[]) => T,
): T {
  if ('data' in tensor && tensor.data instanceof type) return tensor.data.slice() as T;
  throw modelError(`A tap's reading has the wrong type (${tensor.dtype}).`);
}
