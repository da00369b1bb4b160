import { create, toBinary } from '@bufbuild/protobuf';
import { declareValue } from './declareValue.ts';
import { elementType } from './elementTypes.ts';
import { topK } from './encodeUpdate.ts';
import { ModelProtoSchema } from './generated/onnx_pb.js';
import { NodeWriter } from './nodeWriter.ts';
import type { SaeSpec } from './saeSpec.ts';
import { referToWeights, wholeDecoder } from './saeTensors.ts';

const opset = 17;
/** ONNX IR version that goes with opset 17. */
const irVersion = 8n;

/**
 * The decoder rows of one SAE that are nearest to given directions.
 * ```
 * inputs   rows [rows, dModel], penalty [nFeatures]
 * outputs  values, ids [rows, list]: the largest of  row · W_f / ‖W_f‖ - penalty_f,  descending; ids i32
 * ```
 * With rows of length 1 the values are cosines; a penalty of 4 takes a feature out.
 */
export function cosineGraph(spec: SaeSpec, listSize: number): Uint8Array {
  const list = Math.min(listSize, spec.nFeatures);
  const w = new NodeWriter('cosine', opset);
  const { names, tensors } = referToWeights(w, spec, 'sae');
  const decoder = wholeDecoder(w, names); // [nFeatures, dModel]
  const lengths = w.op('Max', [w.reduce('ReduceL2', decoder, 1, 0), w.float(1e-12)]);
  const products = w.op('MatMul', ['rows', w.op('Transpose', [decoder], { perm: [1, 0] })]);
  const cosines = w.op('Sub', [w.op('Div', [products, lengths]), 'penalty']);
  const [values, ids] = topK(w, cosines, list);
  w.name(values, 'values');
  w.name(w.cast(ids, elementType.int32), 'ids');
  const model = create(ModelProtoSchema, {
    irVersion,
    opsetImport: [{ domain: '', version: BigInt(opset) }],
    graph: {
      ...w.asGraph([
        { name: 'values', dtype: 'float32', dims: ['rows', list] },
        { name: 'ids', dtype: 'int32', dims: ['rows', list] },
      ]),
      name: 'cosine',
      initializer: [...w.initializers, ...tensors],
      input: [
        declareValue({ name: 'rows', dtype: 'float32', dims: ['rows', spec.dModel] }),
        declareValue({ name: 'penalty', dtype: 'float32', dims: [spec.nFeatures] }),
      ],
    },
  });
  return toBinary(ModelProtoSchema, model);
}
