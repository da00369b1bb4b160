import type { StepShape } from '../../onnx/training/stepShape.ts';
import { type Parameter, parameters } from '../../onnx/training/updateStep.ts';

/** Every tensor that a training carries from step to step, by name, with its shape. */
export function stateShapes({ nFeatures, dModel }: Pick<StepShape, 'nFeatures' | 'dModel'>) {
  const dims: Readonly<Record<Parameter, readonly number[]>> = {
    encoder: [nFeatures, dModel],
    decoder: [nFeatures, dModel],
    preBias: [dModel],
    latentBias: [nFeatures],
  };
  const shapes = new Map<string, readonly number[]>();
  for (const name of parameters) {
    for (const part of ['', '.mean', '.square']) shapes.set(`${name}${part}`, dims[name]);
  }
  shapes.set('sinceFired', [nFeatures]);
  return shapes;
}

/** f32 values of every tensor of `stateShapes`. */
export type StateValues = ReadonlyMap<string, Float32Array>;

/** What a training carries besides its tensors. */
export interface TrainingScalars {
  /** Steps made. */
  readonly step: number;
  /** Factor of the mean squared error: 1 / variance of the first batches. */
  readonly lossScale: number;
  /** BatchTopK: running mean of the smallest kept code; undefined before the first step. */
  readonly threshold?: number | undefined;
}
