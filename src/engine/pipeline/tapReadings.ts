import { modelError } from '../../protocol/errors.ts';
import type { BlockReading, StepReading } from '../../protocol/features.ts';
import type { TensorHandle, TensorRef, TensorValue } from '../../protocol/tensors.ts';
import type { InstalledSae } from '../models/sae/installedSaes.ts';
import type { SplicedTap } from '../onnx/spliceTaps.ts';
import { portName, type Reading } from '../onnx/tapPorts.ts';

/** What one tap with an SAE read in one run, of the last row of the batch: with guidance, the conditional one. */
export interface TapReading extends StepReading {
  readonly tap: SplicedTap;
  readonly cellsHigh: number;
  readonly cellsWide: number;
  readonly slotCount: number;
}

const wanted = {
  values: 'value',
  ids: 'value',
  norm: 'value',
  error: 'value',
  spread: 'value',
  // Stays in the runner: only its size is looked at.
  update: 'handle',
} as const satisfies Partial<Record<Reading, 'value' | 'handle'>>;

/** How to fetch what a tap reads; a tap without an SAE reads nothing that is shown. */
export function readingFetches(tap: SplicedTap): Readonly<Record<string, 'value' | 'handle'>> {
  if (!tap.sae) return {};
  return Object.fromEntries(
    Object.entries(wanted).map(([port, how]) => [portName(tap.stage.name, port as Reading), how]),
  );
}

/** @param outputs what the U-net's sessions returned, by name */
export function readTap(
  tap: SplicedTap,
  outputs: ReadonlyMap<string, TensorRef>,
): TapReading | undefined {
  if (!tap.sae) return undefined;
  const output = (port: Reading): TensorValue | TensorHandle => {
    const tensor = outputs.get(portName(tap.stage.name, port));
    if (!tensor) throw modelError(`The tap at ${tap.stage.name} gave no ${port}.`);
    return tensor;
  };
  const [, , cellsHigh = 0, cellsWide = 0] = output('update').dims;
  const values = output('values');
  const slotCount = values.dims[2] ?? 0;
  const cells = cellsHigh * cellsWide;
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

/** A copy that keeps nothing else alive. */
function lastRow<T extends Float32Array | Int32Array>(
  tensor: TensorValue | TensorHandle,
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
