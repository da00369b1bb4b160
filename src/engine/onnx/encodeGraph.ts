import { create, toBinary } from '@bufbuild/protobuf';
import type { ValueInfo } from '../../protocol/runner.ts';
import { declareValue } from './declareValue.ts';
import { decoderBias } from './editUpdate.ts';
import { elementType } from './elementTypes.ts';
import { decodeCodes, gate, preActivations, topK } from './encodeUpdate.ts';
import { ModelProtoSchema } from './generated/onnx_pb.js';
import { NodeWriter } from './nodeWriter.ts';
import { normaliseCells } from './normaliseCells.ts';
import { checkSaeSpec, type SaeSpec } from './saeSpec.ts';
import { referToWeights } from './saeTensors.ts';

const opset = 17;
/** ONNX IR version that goes with opset 17. */
const irVersion = 8n;

export interface EncodeGraph {
  readonly bytes: Uint8Array;
  /** Pre-activations listed for each cell. */
  readonly listSize: number;
}

/**
 * An SAE's encoder as a graph of its own, with sums for explained variance; x are the cells, x_hat what their codes give.
 * ```
 * inputs   hidden [1, cells, dModel], shift [dModel]
 * outputs  values [1, cells, list]   the largest pre-activations a, descending: before ReLU and thresholds
 *          ids    [1, cells, list]   i32
 *          active [1, cells]         i32, number of active features: larger than `list` = some are not listed
 *          sampleSum, sampleSquares  Σ (x - shift), Σ (x - shift)²      [dModel]
 *          errorSum, errorSquares    Σ (x - x_hat), Σ (x - x_hat)²      [dModel]
 * ```
 *
 * @param listSize at least k for a TopK rule
 * @throws `invalidInput` for a spec that contradicts itself
 */
export function encodeGraph(spec: SaeSpec, listSize: number): EncodeGraph {
  checkSaeSpec(spec, 'the index');
  const list = Math.min(listSize, spec.nFeatures);
  const w = new NodeWriter('encode', opset);
  const { names: weights, tensors } = referToWeights(w, spec, 'sae');
  const { input, cell } = normaliseCells(w, 'hidden', spec);
  const raw = preActivations(w, input, spec, weights);
  const [values, ids] = topK(w, raw, list);
  w.name(values, 'values');
  w.name(w.cast(ids, elementType.int32), 'ids');

  const { activation } = spec;
  const kept = (value: string): string =>
    activation.kind === 'topk'
      ? w.op('Slice', [value, w.ints([0]), w.ints([activation.k]), w.ints([2])])
      : value;
  const dense = activation.kind === 'topk' ? undefined : gate(w, raw, spec, weights);
  const codes = { values: w.op('Relu', [kept(values)]), ids: kept(ids), dense };
  const isActive = w.op('Greater', [dense ?? codes.values, w.float(0)]);
  w.name(w.reduce('ReduceSum', w.cast(isActive, elementType.int32), 2, 0), 'active');

  let rebuilt = decodeCodes(w, codes, weights);
  if (cell.scale !== undefined) rebuilt = w.op('Mul', [rebuilt, cell.scale]);
  const bias = decoderBias(w, weights, cell);
  if (bias !== undefined) rebuilt = w.op('Add', [rebuilt, bias]);
  const sums = (value: string, label: string): void => {
    const flat = w.op('Squeeze', [value, w.ints([0])]); // [cells, dModel]
    w.name(w.reduce('ReduceSum', flat, 0, 0), `${label}Sum`);
    w.name(w.reduce('ReduceSumSquare', flat, 0, 0), `${label}Squares`);
  };
  sums(w.op('Sub', ['hidden', 'shift']), 'sample');
  sums(w.op('Sub', ['hidden', rebuilt]), 'error');

  const { dModel } = spec;
  const inputs: ValueInfo[] = [
    { name: 'hidden', dtype: 'float32', dims: [1, 'cells', dModel] },
    { name: 'shift', dtype: 'float32', dims: [dModel] },
  ];
  const outputs: ValueInfo[] = [
    { name: 'values', dtype: 'float32', dims: [1, 'cells', list] },
    { name: 'ids', dtype: 'int32', dims: [1, 'cells', list] },
    { name: 'active', dtype: 'int32', dims: [1, 'cells'] },
    ...['sampleSum', 'sampleSquares', 'errorSum', 'errorSquares'].map((name): ValueInfo => ({
      name,
      dtype: 'float32',
      dims: [dModel],
    })),
  ];
  const model = create(ModelProtoSchema, {
    irVersion,
    opsetImport: [{ domain: '', version: BigInt(opset) }],
    graph: {
      ...w.asGraph(outputs),
      name: 'encode',
      initializer: [...w.initializers, ...tensors],
      input: inputs.map(declareValue),
    },
  });
  return { bytes: toBinary(ModelProtoSchema, model), listSize: list };
}
