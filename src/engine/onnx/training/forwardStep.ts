import { elementType } from '../elementTypes.ts';
import type { NodeWriter } from '../nodeWriter.ts';
import { auxiliaryLoss } from './auxiliaryLoss.ts';
import { floats, graphFile, ids } from './graphFile.ts';
import { keepLargestOfBatch } from './keepLargestOfBatch.ts';
import { keepLargestOfEach } from './keepLargestOfEach.ts';
import type { StepShape } from './stepShape.ts';

/** A kept pre-activation above this counts as a firing. */
const firingFloor = 1e-3;

/** What of the pre-activations is kept, what that rebuilds, and how the loss depends on it. */
export interface Kept {
  /** Codes, 0 or more. */
  readonly values: string; // [k, batch]
  readonly features: string; // i64 [k, batch]
  /** Sample of each value; without it, value (j, b) is of sample b. */
  readonly rows?: string; // i64 [k, batch]
  /** dL/d pre-activation. */
  readonly slopes: string; // [k, batch]
  /** x_hat - x */
  readonly error: string; // [batch, d]
}

/**
 * Loss of a batch and its derivatives, by hand; the sparse parts of the matrices' gradients are left as pairs for
 * `updateStep`:
 * ```
 * a = W_enc (x - b_pre) + b_latent;  s = ReLU(kept(a));  x_hat = W_dec^T s + b_pre
 * L = lossScale · mean((x_hat - x)²) + auxCoefficient · AuxK
 * ```
 * Inputs: `x` `[batch, d]`, `encoder` and `decoder` `[n, d]`, `preBias` `[d]`, `latentBias` and `sinceFired` `[n]` (steps
 * since the last firing, 1 = at the last step), scalars `lossScale` and `deadAfter` (dead: `sinceFired` above it).
 *
 * Outputs: `values`, `slopes`, `features` `[k, batch]` (BatchTopK: `rows` too), `centred` and `error` `[batch, d]`,
 * `errorScale` (dL/dx_hat = errorScale · error, of the main loss), `deadIds` `[dead]` with `auxDecoder` and `auxEncoder`
 * `[dead, d]` (dense parts of the gradients), `preBiasGradient` `[d]`, `latentBiasGradient` `[n]`, `sinceFiredNext` `[n]`,
 * scalars `loss`, `auxLoss` (weighted), `deadCount`, and `smallestKept`, the smallest positive code.
 *
 * @source sdxl-unbox scripts/train_sae.py and SAE/sae.py; checked against torch autograd in test/engine/training.test.ts
 */
export function forwardStep(shape: StepShape): Uint8Array {
  const { dModel: d, nFeatures: n, k, batchSize } = shape;
  const batch = (name: string) => floats(name, batchSize, d);
  const list = (name: string) => floats(name, k, batchSize);
  const inputs = [
    batch('x'),
    floats('encoder', n, d),
    floats('decoder', n, d),
    floats('preBias', d),
    floats('latentBias', n),
    floats('sinceFired', n),
    floats('lossScale'),
    floats('deadAfter'),
  ];
  const outputs = [
    ...[list('values'), list('slopes'), ids('features', k, batchSize)],
    ...(shape.rule === 'batchtopk' ? [ids('rows', k, batchSize)] : []),
    ...[batch('centred'), batch('error'), floats('errorScale')],
    ...[ids('deadIds', 'dead'), floats('auxDecoder', 'dead', d), floats('auxEncoder', 'dead', d)],
    ...[floats('preBiasGradient', d), floats('latentBiasGradient', n), floats('sinceFiredNext', n)],
    ...[floats('loss'), floats('auxLoss'), floats('deadCount'), floats('smallestKept')],
  ];
  return graphFile('forward', { inputs, outputs }, (w) => {
    writeForward(w, shape);
  });
}

function writeForward(w: NodeWriter, shape: StepShape): void {
  const { dModel: d, batchSize } = shape;
  const size = w.float(batchSize * d);
  const [centred = ''] = w.ops('Sub', ['x', 'preBias'], {}, ['centred']);
  const preActivations = w.op('Gemm', [centred, 'encoder', 'latentBias'], { transB: 1 });
  const [errorScale = ''] = w.ops('Div', [w.op('Mul', ['lossScale', w.float(2)]), size], {}, [
    'errorScale',
  ]);
  const keep = shape.rule === 'topk' ? keepLargestOfEach : keepLargestOfBatch;
  const kept = keep(w, preActivations, errorScale, centred, shape);
  for (const name of ['values', 'slopes', 'features', 'error'] as const) w.name(kept[name], name);
  if (kept.rows !== undefined) w.name(kept.rows, 'rows');

  const flat = (value: string): string => w.op('Reshape', [value, w.ints([-1])]);
  const [values, features] = [flat(kept.values), flat(kept.features)];
  const zeros = w.op('Mul', ['latentBias', w.float(0)]);
  const sumByFeature = (terms: string): string =>
    w.op('ScatterElements', [zeros, features, terms], { axis: 0, reduction: 'add' });
  const latentBias = sumByFeature(flat(kept.slopes));
  const throughEncoder = w.op('MatMul', [w.op('Unsqueeze', [latentBias, w.ints([0])]), 'encoder']);
  const preBias = w.op('Sub', [
    w.op('Mul', [w.reduce('ReduceSum', kept.error, 0, 0), errorScale]),
    w.op('Squeeze', [throughEncoder, w.ints([0])]),
  ]);

  const isFiring = w.cast(w.op('Greater', [values, w.float(firingFloor)]), elementType.float32);
  const hasFired = w.op('Greater', [sumByFeature(isFiring), w.float(0)]);
  const waited = w.op('Add', ['sinceFired', w.float(1)]);
  const [sinceFired = ''] = w.ops('Where', [hasFired, w.float(1), waited], {}, ['sinceFiredNext']);
  const isDead = w.op('Greater', [sinceFired, 'deadAfter']);
  const [deadIds = ''] = w.ops('Squeeze', [w.op('NonZero', [isDead]), w.ints([0])], {}, [
    'deadIds',
  ]);

  // Row by row first: one running float32 sum over millions of squares would lose digits.
  const squares = w.reduce('ReduceSumSquare', kept.error, 1, 0);
  const mse = w.op('Div', [w.reduce('ReduceSum', squares, 0, 0), size]);
  const auxLoss = auxiliaryLoss(w, shape, {
    ...{ preActivations, centred, deadIds, mse, size, error: kept.error },
    gradients: { latentBias, preBias },
  });
  w.ops('Add', [w.op('Mul', [mse, 'lossScale']), auxLoss], {}, ['loss']);
  const deadCount = w.op('Squeeze', [w.op('Shape', [deadIds]), w.ints([0])]);
  w.name(w.cast(deadCount, elementType.float32), 'deadCount');
  const isKept = w.op('Greater', [values, w.float(0)]);
  const positive = w.op('Where', [isKept, values, w.float(3e38)]);
  w.ops('ReduceMin', [positive, w.ints([0])], { keepdims: 0 }, ['smallestKept']);
}
