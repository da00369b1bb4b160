import { elementType } from '../elementTypes.ts';
import type { NodeWriter } from '../nodeWriter.ts';
import type { Kept } from './forwardStep.ts';
import type { StepShape } from './stepShape.ts';

/** Gathered decoder rows of one group of samples stay in a core's cache: twice as fast as all at once (measured). */
const groupBytes = 4 * 2 ** 20;

/**
 * TopK in every sample, ReLU after. Only the kept decoder rows are read, once for the reconstruction and for
 * `dL/ds = errorScale · W_dec · error`: a sample's error depends on its own row alone.
 *
 * @param preActivations [batch, n]
 * @param errorScale dL/dx_hat = errorScale · error
 */
export function keepLargestOfEach(
  w: NodeWriter,
  preActivations: string,
  errorScale: string,
  { dModel, k, batchSize }: StepShape,
): Kept {
  const [largest = '', features = ''] = w.ops(
    'TopK',
    [preActivations, w.ints([k])],
    { axis: 1, sorted: 0 },
    [undefined, undefined],
  );
  const values = w.op('Relu', [largest]);
  const groupSize = Math.max(1, Math.floor(groupBytes / (k * dModel * 4)));
  const errors: string[] = [];
  const slopes: string[] = [];
  for (let from = 0; from < batchSize; from += groupSize) {
    const to = Math.min(from + groupSize, batchSize);
    const group = (value: string): string =>
      w.op('Slice', [value, w.ints([from]), w.ints([to]), w.ints([0])]);
    const rows = w.op('Gather', ['decoder', group(features)], { axis: 0 }); // [group, k, d]
    const sums = w.op('MatMul', [w.op('Unsqueeze', [group(values), w.ints([1])]), rows]);
    const rebuilt = w.op('Add', [w.op('Squeeze', [sums, w.ints([1])]), 'preBias']);
    const error = w.op('Sub', [rebuilt, group('x')]);
    const products = w.op('MatMul', [rows, w.op('Unsqueeze', [error, w.ints([2])])]);
    errors.push(error);
    slopes.push(w.op('Squeeze', [products, w.ints([2])]));
  }
  const isActive = w.cast(w.op('Greater', [largest, w.float(0)]), elementType.float32);
  const scale = w.op('Mul', [isActive, errorScale]);
  const transposed = (value: string): string => w.op('Transpose', [value], { perm: [1, 0] });
  return {
    values: transposed(values),
    features: transposed(features),
    slopes: transposed(w.op('Mul', [w.op('Concat', slopes, { axis: 0 }), scale])),
    error: w.op('Concat', errors, { axis: 0 }),
  };
}
