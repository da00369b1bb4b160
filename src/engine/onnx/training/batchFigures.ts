import { elementType } from '../elementTypes.ts';
import { floats, graphFile } from './graphFile.ts';
import type { StepShape } from './stepShape.ts';

/** Keeps a dimension that never changes from dividing by 0; the reference's number. */
const varianceFloor = 1e-8;

/**
 * Figures of one training batch, from `forwardStep`'s outputs `values` and `error` and its input `x`:
 * `explainedVariance` = mean_d(1 - Var(x_hat - x) / (Var(x) + 1e-8)), population variance over the batch, and `l0`, the
 * mean number of active features a sample. Both are scalars.
 */
export function batchFigures({ dModel: d, k, batchSize }: StepShape): Uint8Array {
  const inputs = [
    ...[floats('x', batchSize, d), floats('error', batchSize, d)],
    floats('values', k, batchSize),
  ];
  const outputs = [floats('explainedVariance'), floats('l0')];
  return graphFile('figures', { inputs, outputs }, (w) => {
    const varianceOf = (value: string): string => {
      const centred = w.op('Sub', [value, w.reduce('ReduceMean', value, 0, 1)]);
      return w.reduce('ReduceMean', w.op('Mul', [centred, centred]), 0, 0); // [d]
    };
    const share = w.op('Div', [
      varianceOf('error'),
      w.op('Add', [varianceOf('x'), w.float(varianceFloor)]),
    ]);
    const lost = w.reduce('ReduceMean', share, 0, 0);
    w.ops('Sub', [w.float(1), lost], {}, ['explainedVariance']);
    const isActive = w.cast(w.op('Greater', ['values', w.float(0)]), elementType.float32);
    const perSlot = w.reduce('ReduceMean', isActive, 1, 0); // [k]
    w.ops('ReduceSum', [perSlot, w.ints([0])], { keepdims: 0 }, ['l0']);
  });
}
