import type { ValueInfo } from '../../protocol/runner.ts';
import type { Dtype } from '../../protocol/tensors.ts';
import type { SaeSpec } from './saeSpec.ts';

type Port = readonly [Dtype, readonly (number | string)[]];
type Ports = Readonly<Record<string, Port>>;

/** Inputs of every tap. `rows|1` and so on: the dimension may be 1 and then counts for all. */
const editPorts = {
  edit: ['bool', []],
  keep: ['float32', ['rows|1', 'cells|1']],
  maps: ['float32', ['rows|1', 'edits', 'cells|1']],
  terms: ['float32', ['edits', 3]],
  directions: ['float32', ['edits|1', 'width']],
  reads: ['float32', ['edits|1', 'width']],
  readBias: ['float32', ['edits|1']],
  addition: ['float32', ['rows|1', 'width|1', 'height|1', 'columns|1']],
  additionWeight: ['float32', ['rows|1', 'cells|1']],
} as const satisfies Ports;

/** Inputs of a tap with an SAE, beside those of every tap. */
const saeEditPorts = {
  encode: ['bool', []],
  gain: ['float32', ['rows|1', 'nFeatures']],
  gainMap: ['float32', ['rows|1', 'cells|1']],
  biasWeight: ['float32', ['rows|1', 'cells|1']],
  features: ['int64', ['edits']],
  featureWeights: ['float32', ['edits']],
} as const satisfies Ports;

/** `norm`: ‖ΔD‖ of each cell; `update`: ΔD = output - input, before this stage's own edit. */
const readingPorts = {
  norm: ['float32', ['rows', 'cells']],
  update: ['float32', ['rows', 'width', 'height', 'columns']],
} as const satisfies Ports;

/**
 * `values`, `ids`: the strongest codes of each cell, descending; an id beside a value of 0 means nothing. `error`:
 * ‖h - h_hat‖²; `spread`: ‖h - h_mean‖², h_mean over the row's cells, so that 1 - Σ error / Σ spread is the row's R².
 */
const saeReadingPorts = {
  values: ['float32', ['rows', 'cells', 'list']],
  ids: ['int32', ['rows', 'cells', 'list']],
  error: ['float32', ['rows', 'cells']],
  spread: ['float32', ['rows', 'cells']],
} as const satisfies Ports;

/** Where a rule has no fixed k the list may be too short; this counts all active features. */
const listReadingPorts = { active: ['int32', ['rows', 'cells']] } as const satisfies Ports;

export type EditPort = keyof typeof editPorts;
export type SaeEditPort = keyof typeof saeEditPorts;
export type Reading =
  keyof typeof readingPorts | keyof typeof saeReadingPorts | keyof typeof listReadingPorts;

/** Full name of a tap's input or output in the graph: `up.0.1/keep`. */
export const portName = (tap: string, port: EditPort | SaeEditPort | Reading): string =>
  `${tap}/${port}`;

/** What a tap adds to the graph's inputs and outputs. */
export function portsOf(
  tap: string,
  width: number,
  sae: SaeSpec | undefined,
): { inputs: readonly ValueInfo[]; outputs: readonly ValueInfo[] } {
  const sizes: Record<string, number | undefined> = { width, nFeatures: sae?.nFeatures };
  // Every symbol once: ONNX Runtime takes equal symbols for equal sizes.
  const declare = (ports: Ports): ValueInfo[] =>
    Object.entries(ports).map(([port, [dtype, dims]]) => ({
      name: `${tap}/${port}`,
      dtype,
      dims: dims.map(
        (dim) => sizes[dim] ?? (typeof dim === 'number' ? dim : `${tap}/${port}:${dim}`),
      ),
    }));
  return {
    inputs: [...declare(editPorts), ...(sae ? declare(saeEditPorts) : [])],
    outputs: [
      ...declare(readingPorts),
      ...(sae ? declare(saeReadingPorts) : []),
      ...(sae && sae.activation.kind !== 'topk' ? declare(listReadingPorts) : []),
    ],
  };
}
