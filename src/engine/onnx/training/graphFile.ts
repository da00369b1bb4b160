import { create, toBinary } from '@bufbuild/protobuf';
import type { ValueInfo } from '../../../protocol/runner.ts';
import { declareValue } from '../declareValue.ts';
import { ModelProtoSchema } from '../generated/onnx_pb.js';
import { NodeWriter } from '../nodeWriter.ts';

/** Reductions take their axes as an input, `ScatterND` can add. */
const opset = 18;
/** ONNX IR version that goes with opset 18. */
const irVersion = 8n;

export interface GraphPorts {
  readonly inputs: readonly ValueInfo[];
  /** Values of these names must be made by `write`. */
  readonly outputs: readonly ValueInfo[];
}

/** The bytes of a whole ONNX file whose nodes are all ours; nothing of it is external. */
export function graphFile(
  name: string,
  { inputs, outputs }: GraphPorts,
  write: (writer: NodeWriter) => void,
): Uint8Array {
  const writer = new NodeWriter(name, opset);
  write(writer);
  const model = create(ModelProtoSchema, {
    irVersion,
    opsetImport: [{ domain: '', version: BigInt(opset) }],
    graph: {
      ...writer.asGraph(outputs),
      name,
      initializer: [...writer.initializers],
      input: inputs.map(declareValue),
    },
  });
  return toBinary(ModelProtoSchema, model);
}

export const floats = (name: string, ...dims: (number | string)[]): ValueInfo => ({
  name,
  dtype: 'float32',
  dims,
});

export const ids = (name: string, ...dims: (number | string)[]): ValueInfo => ({
  name,
  dtype: 'int64',
  dims,
});
