import type { NodeWriter } from '../nodeWriter.ts';

/** Decay of the two running means, as in the reference. */
const beta1 = 0.9;
const beta2 = 0.999;

/** How far the two running means have come at a step; scalars that change with every step. */
export interface AdamScales {
  /** learningRate / (1 - β1^t) */
  readonly rate: number;
  /** 1 / sqrt(1 - β2^t) */
  readonly rootScale: number;
}

/** @param step counted from 1 */
export const adamScales = (learningRate: number, step: number): AdamScales => ({
  rate: learningRate / (1 - beta1 ** step),
  rootScale: 1 / Math.sqrt(1 - beta2 ** step),
});

/** Values of one parameter, all of one shape. */
interface AdamValues {
  readonly weight: string;
  readonly gradient: string;
  readonly mean: string;
  readonly square: string;
}

/**
 * ```
 * m ← β1 m + (1 - β1) g;  v ← β2 v + (1 - β2) g²
 * w ← w - rate · m / (sqrt(v) · rootScale + epsilon)
 * ```
 * Reads the graph's scalars `rate` and `rootScale`.
 *
 * @returns new weight, mean and square, in this order
 * @source torch.optim.Adam (2.15), without weight decay
 */
export function adam(
  w: NodeWriter,
  { weight, gradient, mean, square }: AdamValues,
  epsilon: number,
): readonly [string, string, string] {
  const blend = (old: string, fresh: string, beta: number): string =>
    w.op('Add', [w.op('Mul', [old, w.float(beta)]), w.op('Mul', [fresh, w.float(1 - beta)])]);
  const newMean = blend(mean, gradient, beta1);
  const newSquare = blend(square, w.op('Mul', [gradient, gradient]), beta2);
  const root = w.op('Add', [
    w.op('Mul', [w.op('Sqrt', [newSquare]), 'rootScale']),
    w.float(epsilon),
  ]);
  const change = w.op('Mul', [w.op('Div', [newMean, root]), 'rate']);
  return [w.op('Sub', [weight, change]), newMean, newSquare];
}
