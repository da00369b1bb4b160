import { elementType } from '../elementTypes.ts';
import type { NodeWriter } from '../nodeWriter.ts';
import type { Kept } from './forwardStep.ts';
import type { StepShape } from './stepShape.ts';

/**
 * BatchTopK: ReLU, then the `k · batch` largest of the whole batch, so that samples share the budget.
 *
 * @param preActivations [batch, n]
 * @param errorScale dL/dx_hat = errorScale · error
 * @param centred x - b_pre, [batch, d]: x_hat - x = W_dec^T s - centred
 * @source Bussmann et al. 2024 (arXiv 2412.06410); dictionary_learning 0.1.0 trainers/batch_top_k.py
 */
export function keepLargestOfBatch(
  w: NodeWriter,
  preActivations: string,
  errorScale: string,
  centred: string,
  { nFeatures: n, k, batchSize }: StepShape,
): Kept {
  const flat = (value: string): string => w.op('Reshape', [value, w.ints([-1])]);
  const codes = flat(w.op('Relu', [preActivations])); // [batch · n]
  const [values = '', places = ''] = w.ops(
    'TopK',
    [codes, w.ints([k * batchSize])],
    { axis: 0, sorted: 0 },
    [undefined, undefined],
  );
  const zeros = w.op('ConstantOfShape', [w.ints([batchSize * n])]);
  const dense = w.op('Reshape', [
    w.op('ScatterElements', [zeros, places, values], { axis: 0 }),
    w.ints([batchSize, n]),
  ]);
  const rebuilt = w.op('Gemm', [dense, 'decoder']);
  const error = w.op('Sub', [rebuilt, centred]);
  const products = flat(w.op('Gemm', [error, 'decoder'], { transB: 1 }));
  const isActive = w.cast(w.op('Greater', [values, w.float(0)]), elementType.float32);
  const slopes = w.op('Mul', [
    w.op('GatherElements', [products, places], { axis: 0 }),
    w.op('Mul', [isActive, errorScale]),
  ]);
  const asLists = (value: string): string => w.op('Reshape', [value, w.ints([k, batchSize])]);
  return {
    values: asLists(values),
    features: asLists(w.op('Mod', [places, w.ints([n])])),
    rows: asLists(w.op('Div', [places, w.ints([n])])),
    slopes: asLists(slopes),
    error,
  };
}
