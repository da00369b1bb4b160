import { elementType } from '../elementTypes.ts';
import { floats, graphFile } from './graphFile.ts';
import type { StepShape } from './stepShape.ts';

/**
 * What a finished SAE does to one batch, as sums that batches add up. Codes are what the SAE gives in use: TopK in each
 * sample, or for BatchTopK every pre-activation above the scalar `threshold`.
 *
 * Inputs: `x` `[batch, d]`, `encoder`, `decoder` `[n, d]`, `preBias` `[d]`, `latentBias` `[n]`, `threshold`.
 * Outputs: per feature `activeCount`, `codeSum`, `codeSquareSum` `[n]`; per dimension `xSum`, `xSquareSum` (of x - b_pre),
 * `errorSum`, `errorSquareSum` (of x_hat - x) `[d]`.
 */
export function codeSums(shape: StepShape): Uint8Array {
  const { dModel: d, nFeatures: n, k, rule, batchSize } = shape;
  const inputs = [
    ...[floats('x', batchSize, d), floats('encoder', n, d), floats('decoder', n, d)],
    ...[floats('preBias', d), floats('latentBias', n), floats('threshold')],
  ];
  const outputs = [
    ...['activeCount', 'codeSum', 'codeSquareSum'].map((name) => floats(name, n)),
    ...['xSum', 'xSquareSum', 'errorSum', 'errorSquareSum'].map((name) => floats(name, d)),
  ];
  return graphFile('sums', { inputs, outputs }, (w) => {
    const centred = w.op('Sub', ['x', 'preBias']);
    const activations = w.op('Gemm', [centred, 'encoder', 'latentBias'], { transB: 1 });
    const mask = (isKept: string): string =>
      w.op('Mul', [w.op('Relu', [activations]), w.cast(isKept, elementType.float32)]);
    const largest = (): string => {
      const [values = '', places = ''] = w.ops(
        'TopK',
        [activations, w.ints([k])],
        { axis: 1, sorted: 0 },
        [undefined, undefined],
      );
      const zeros = w.op('ConstantOfShape', [w.ints([batchSize, n])]);
      return w.op('ScatterElements', [zeros, places, w.op('Relu', [values])], { axis: 1 });
    };
    const codes = rule === 'topk' ? largest() : mask(w.op('Greater', [activations, 'threshold']));
    const rebuilt = w.op('Gemm', [codes, 'decoder']);
    const error = w.op('Sub', [rebuilt, centred]);
    const sum = (value: string, output: string): void => {
      w.ops('ReduceSum', [value, w.ints([0])], { keepdims: 0 }, [output]);
    };
    sum(w.cast(w.op('Greater', [codes, w.float(0)]), elementType.float32), 'activeCount');
    for (const [value, name] of [
      [codes, 'code'],
      [centred, 'x'],
      [error, 'error'],
    ] as const) {
      sum(value, `${name}Sum`);
      sum(w.op('Mul', [value, value]), `${name}SquareSum`);
    }
  });
}
