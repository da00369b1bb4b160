import { TorchGenerator } from '../../../numerics/random.ts';
import type { SaePlan } from './trainingOptions.ts';
import { type StateValues, stateShapes } from './trainingState.ts';

/** Rows drawn in one go: the engine answers in between. */
const rowsAtOnce = 256;

/**
 * The state before the first step: encoder uniform in ±1/√d as torch's `nn.Linear` starts, decoder rows = encoder rows at
 * norm 1, b_pre = `median`, everything else 0. The same seed gives the same bits, and torch's.
 *
 * @param median f32 `[d]`
 * @source sdxl-unbox SAE/sae.py; checked against torch in training.safetensors, bit for bit
 */
export async function initialState(
  { nFeatures, dModel, seed }: Pick<SaePlan, 'nFeatures' | 'dModel' | 'seed'>,
  median: Float32Array,
): Promise<StateValues> {
  const values = new Map<string, Float32Array>();
  for (const [name, dims] of stateShapes({ nFeatures, dModel })) {
    values.set(name, new Float32Array(dims.reduce((a, b) => a * b, 1)));
  }
  values.set('preBias', median.slice());
  const encoder = values.get('encoder')!;
  const decoder = values.get('decoder')!;
  const generator = new TorchGenerator(seed);
  const bound = 1 / Math.sqrt(dModel);
  for (let row = 0; row < nFeatures; row++) {
    const from = row * dModel;
    const direction = generator.uniform(dModel, -bound, bound);
    encoder.set(direction, from);
    const norm = Math.sqrt(direction.reduce((sum, value) => sum + value * value, 0));
    for (let i = 0; i < dModel; i++) decoder[from + i] = direction[i]! / norm;
    if (row % rowsAtOnce === rowsAtOnce - 1) await new Promise(setImmediate);
  }
  return values;
}
