import { floats, graphFile } from './graphFile.ts';

/** Nearer than this a point's weight stops growing. */
const distanceFloor = 1e-6;

/**
 * One step of Weiszfeld's method towards the geometric median of `points` `[count, d]`, from `median` `[d]`:
 * ```
 * w_i = 1 / max(‖p_i - m‖, 1e-6);  next = Σ w_i p_i / Σ w_i;  moved = ‖next - m‖
 * ```
 * @source Weiszfeld 1937; sdxl-unbox scripts/train_sae.py `compute_geometric_median`
 */
export function medianStep(count: number, dModel: number): Uint8Array {
  const inputs = [floats('points', count, dModel), floats('median', dModel)];
  const outputs = [floats('next', dModel), floats('moved')];
  return graphFile('median', { inputs, outputs }, (w) => {
    const offsets = w.op('Sub', ['points', 'median']); // [count, d]
    const distances = w.op('Sqrt', [w.reduce('ReduceSumSquare', offsets, 1, 0)]);
    const weights = w.op('Reciprocal', [w.op('Max', [distances, w.float(distanceFloor)])]); // [count]
    const total = w.reduce('ReduceSum', weights, 0, 0);
    // Sums of small offsets, not of the points themselves, keep their digits.
    const weighted = w.op('MatMul', [w.op('Unsqueeze', [weights, w.ints([0])]), offsets]); // [1, d]
    const shift = w.op('Div', [w.op('Squeeze', [weighted, w.ints([0])]), total]);
    w.ops('Add', ['median', shift], {}, ['next']);
    const squares = w.reduce('ReduceSumSquare', shift, 0, 0);
    w.ops('Sqrt', [squares], {}, ['moved']);
  });
}
