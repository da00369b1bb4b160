import { modelError } from '../../protocol/errors.ts';
import type { BlockReading, StepReading } from '../../protocol/features.ts';
import type { TensorRef } from '../../protocol/tensors.ts';
import type { InstalledSae } from '../models/sae/installedSaes.ts';
import type { SplicedTap } from '../onnx/spliceTaps.ts';
import { portName, type Reading } from '../onnx/tapPorts.ts';
import type { LatentShape } from './unet.ts';

/** What one tap with an SAE read in one run, of the last row of the batch: with guidance, the conditional one. */
export interface TapReading extends StepReading {
  readonly tap: SplicedTap;
  readonly cellsHigh: number;
  readonly cellsWide: number;
  readonly slotCount: number;
}

const wanted: readonly Reading[] = ['values', 'ids', 'norm', 'error', 'spread'];

/** Outputs to fetch for what a tap reads; a tap without an SAE reads nothing that is shown. */
export const readingNames = (tap: SplicedTap): readonly string[] =>
  tap.sae ? wanted.map((port) => portName(tap.stage.name, port)) : [];

/**
 * @param outputs what the U-net returned, by name
 * @param shape of the latents: a stage's cells are theirs, halved some times in both directions
 */
export function readTap(
  tap: SplicedTap,
  outputs: Readonly<Record<string, TensorRef>>,
  shape: LatentShape,
): TapReading | undefined {
  if (!tap.sae) return undefined;
  const output = (port: Reading): TensorRef => {
    const tensor = outputs[portName(tap.stage.name, port)];
    if (!tensor) throw modelError(`The tap at ${tap.stage.name} gave no ${port}.`);
    return tensor;
  };
  const values = output('values');
  const [, cells = 0, slotCount = 0] = values.dims;
  const { cellsHigh, cellsWide } = gridOf(tap, cells, shape);
  return {
    tap,
    cellsHigh,
    cellsWide,
    slotCount,
    ids: lastRow(output('ids'), cells * slotCount, Int32Array),
    values: lastRow(values, cells * slotCount, Float32Array),
    norm: lastRow(output('norm'), cells, Float32Array),
    error: lastRow(output('error'), cells, Float32Array),
    spread: lastRow(output('spread'), cells, Float32Array),
  };
}

/** @throws `model` when the cells are no grid of the latents' proportions */
export function gridOf(
  { stage }: SplicedTap,
  cells: number,
  shape: LatentShape,
): { cellsHigh: number; cellsWide: number } {
  const scale = Math.sqrt((shape.height * shape.width) / cells);
  const [cellsHigh, cellsWide] = [shape.height / scale, shape.width / scale];
  if (Number.isInteger(cellsHigh) && Number.isInteger(cellsWide)) return { cellsHigh, cellsWide };
  throw modelError(
    `The stage ${stage.name} has ${cells} cells, which are no grid of the latents' ${shape.height} x ${shape.width}.`,
  );
}

/** A copy that keeps nothing else alive. */
function lastRow<T extends Float32Array | Int32Array>(
  tensor: TensorRef,
  size: number,
  type: abstract new (...args: never[]) => T,
): T {
  if ('data' in tensor && tensor.data instanceof type && tensor.data.length >= size) {
    return tensor.data.slice(tensor.data.length - size) as T;
  }
  throw modelError(
    `A tap's reading has the wrong type or size (${tensor.dtype} [${tensor.dims.join(', ')}]).`,
  );
}

/** Groups what was read step by step into one record a block, in the order in which the blocks run. */
export function groupReadings(
  steps: readonly (readonly TapReading[])[],
  saes: readonly InstalledSae[],
): readonly BlockReading[] {
  const [first = []] = steps;
  return first.map(({ tap, cellsHigh, cellsWide, slotCount }, index) => {
    const { path, name: block } = tap.stage;
    const sae = saes.find(({ stagePath }) => stagePath === path);
    return {
      block,
      path,
      cellsHigh,
      cellsWide,
      nFeatures: tap.sae?.nFeatures ?? 0,
      slotCount,
      saeSha256: sae?.manifest.weights.sha256 ?? '',
      steps: steps.flatMap((readings) => {
        const reading = readings[index];
        if (!reading) return [];
        const { ids, values, norm, error, spread } = reading;
        return [{ ids, values, norm, error, spread }];
      }),
    };
  });
}
