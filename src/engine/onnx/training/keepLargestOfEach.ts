import { elementType } from '../elementTypes.ts';
import type { NodeWriter } from '../nodeWriter.ts';
import type { Kept } from './forwardStep.ts';
import { floats, ids as indices } from './graphFile.ts';
import type { StepShape } from './stepShape.ts';

/** Gathered decoder rows of one group of samples stay in a core's cache: twice as fast as all at once (measured). */
const groupBytes = 4 * 2 ** 20;

/** The most samples of `rowBytes` each that fit, so that groups are of one size. */
function groupSizeOf(batchSize: number, rowBytes: number): number {
  let size = Math.max(1, Math.min(batchSize, Math.floor(groupBytes / rowBytes)));
  while (batchSize % size > 0) size--;
  return size;
}

/**
 * TopK in every sample, ReLU after. Only the kept decoder rows are read, once for the reconstruction and for
 * `dL/ds = errorScale · W_dec · error`: a sample's error depends on its own row alone.
 *
 * @param preActivations [batch, n]
 * @param errorScale dL/dx_hat = errorScale · error
 * @param centred x - b_pre, [batch, d]: x_hat - x = W_dec^T s - centred
 */
export function keepLargestOfEach(
  w: NodeWriter,
  preActivations: string,
  errorScale: string,
  centred: string,
  { dModel, k, batchSize }: StepShape,
): Kept {
  const [largest = '', features = ''] = w.ops(
    'TopK',
    [preActivations, w.ints([k])],
    { axis: 1, sorted: 0 },
    [undefined, undefined],
  );
  const values = w.op('Relu', [largest]);
  const groupSize = groupSizeOf(batchSize, k * dModel * 4);
  const groupCount = batchSize / groupSize;
  const group = w.branch('group');
  const inner = ['features', 'values', 'centred'].map((name) => `${w.prefix}/group/${name}`);
  const [ids = '', codes = '', x = ''] = inner;
  const rows = group.op('Gather', ['decoder', ids], { axis: 0 }); // [group, k, d]
  const sums = group.op('MatMul', [group.op('Unsqueeze', [codes, group.ints([1])]), rows]);
  const error = group.op('Sub', [group.op('Squeeze', [sums, group.ints([1])]), x]);
  const products = group.op('MatMul', [rows, group.op('Unsqueeze', [error, group.ints([2])])]);
  const slope = group.op('Squeeze', [products, group.ints([2])]);
  const list = (name: string) => floats(name, groupSize, k);
  const vectors = (name: string) => floats(name, groupSize, dModel);
  const body = group.asGraph(
    [vectors(error), list(slope)],
    [indices(ids, groupSize, k), list(codes), vectors(x)],
  );
  const inGroups = (value: string, width: number): string =>
    w.op('Reshape', [value, w.ints([groupCount, groupSize, width])]);
  const [errors = '', slopes = ''] = w.ops(
    'Scan',
    [inGroups(features, k), inGroups(values, k), inGroups(centred, dModel)],
    { body, num_scan_inputs: 3 },
    [undefined, undefined],
  );
  const joined = (value: string, width: number): string =>
    w.op('Reshape', [value, w.ints([batchSize, width])]);
  const isActive = w.cast(w.op('Greater', [largest, w.float(0)]), elementType.float32);
  const scale = w.op('Mul', [isActive, errorScale]);
  const transposed = (value: string): string => w.op('Transpose', [value], { perm: [1, 0] });
  return {
    values: transposed(values),
    features: transposed(features),
    slopes: transposed(w.op('Mul', [joined(slopes, k), scale])),
    error: joined(errors, dModel),
  };
}
