import { modelError } from '../../protocol/errors.ts';
import type { TensorRef } from '../../protocol/tensors.ts';
import { halfToFloat32 } from '../../numerics/halfPrecision.ts';
import { preOf, type SplicedTap } from '../onnx/spliceTaps.ts';
import { portName } from '../onnx/tapPorts.ts';

/** Stages whose numbers a run gives out by value, by their diffusers path without `unet.`. */
export interface StageWatch {
  /** Stages whose update ΔD = output - input is wanted. */
  readonly updates: readonly string[];
  /** Stages whose output, before their own edit, is wanted; a chain of segments has it, one spliced session does not. */
  readonly outputs: readonly string[];
  /** False leaves the SAEs out of the run, which is then quicker. */
  readonly readCodes: boolean;
}

/** What one stage did at one step, of the last row of the batch: with guidance, the conditional one. */
export interface StageSample {
  /** Short name: `down.2.1`. */
  readonly block: string;
  /** `down_blocks.2.attentions.1` */
  readonly path: string;
  readonly width: number;
  readonly cellsHigh: number;
  readonly cellsWide: number;
  readonly update?: Float32Array; // [width, cellsHigh, cellsWide]
  /** Before the stage's own edit, as `update` is. */
  readonly output?: Float32Array; // [width, cellsHigh, cellsWide]
}

/** Outputs of the U-net's sessions to fetch for a watch. */
export const watchedNames = (taps: readonly SplicedTap[], watch: StageWatch): readonly string[] =>
  taps.flatMap(({ stage }) => [
    ...(watch.updates.includes(stage.path) ? [portName(stage.name, 'update')] : []),
    ...(watch.outputs.includes(stage.path) ? [preOf(stage)] : []),
  ]);

/**
 * @param outputs what the U-net returned, by name
 * @throws `model` for a stage that the U-net does not have
 */
export function readStages(
  taps: readonly SplicedTap[],
  watch: StageWatch,
  outputs: Readonly<Record<string, TensorRef>>,
): readonly StageSample[] {
  const wanted = new Set([...watch.updates, ...watch.outputs]);
  const found = taps.filter(({ stage }) => wanted.has(stage.path));
  if (found.length < wanted.size) {
    const known = taps.map(({ stage }) => stage.path).join(', ');
    const missing = [...wanted].filter((path) => !taps.some(({ stage }) => stage.path === path));
    throw modelError(
      `The U-net has no stage ${missing.join(', ')} that can be read; it has ${known || 'none'}.`,
    );
  }
  return found.map(({ stage, width }) => {
    const update = watch.updates.includes(stage.path)
      ? lastRow(outputs[portName(stage.name, 'update')], stage.name, width)
      : undefined;
    const output = watch.outputs.includes(stage.path)
      ? lastRow(outputs[preOf(stage)], stage.name, width)
      : undefined;
    const { cellsHigh = 0, cellsWide = 0 } = update ?? output ?? {};
    return {
      block: stage.name,
      path: stage.path,
      width,
      cellsHigh,
      cellsWide,
      ...(update && { update: update.values }),
      ...(output && { output: output.values }),
    };
  });
}

/** A copy of the last row that keeps nothing else alive. */
function lastRow(
  tensor: TensorRef | undefined,
  name: string,
  width: number,
): { values: Float32Array; cellsHigh: number; cellsWide: number } {
  const [, channels, cellsHigh = 0, cellsWide = 0] = tensor?.dims ?? [];
  if (!tensor || !('data' in tensor) || channels !== width || tensor.dims.length !== 4) {
    throw modelError(
      `The stage ${name} gave [${tensor?.dims.join(', ') ?? 'nothing'}], not [rows, ${width}, high, wide].`,
    );
  }
  const size = width * cellsHigh * cellsWide;
  const { data } = tensor;
  const isFloat = data instanceof Float32Array || data instanceof Uint16Array;
  if (!isFloat) throw modelError(`The stage ${name} gave ${tensor.dtype}, not float32 or float16.`);
  const row = data.slice(data.length - size);
  const values = row instanceof Float32Array ? row : halfToFloat32(row);
  return { values, cellsHigh, cellsWide };
}

/** From channels first to a sample a cell: `[width, cells]` to `[cells, width]`. */
export function toCells(values: Float32Array, width: number): Float32Array {
  const cells = values.length / width;
  const out = new Float32Array(values.length);
  for (let channel = 0; channel < width; channel++) {
    for (let cell = 0; cell < cells; cell++) {
      out[cell * width + channel] = values[channel * cells + cell] ?? 0;
    }
  }
  return out;
}
