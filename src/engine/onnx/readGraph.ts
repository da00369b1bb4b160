import { fromBinary } from '@bufbuild/protobuf';
import { modelError } from '../../protocol/errors.ts';
import { checkWire } from './checkWire.ts';
import { ModelProtoSchema, type ModelProto } from './generated/onnx_pb.js';
import { type OnnxGraph, indexGraph } from './graph.ts';

/**
 * Reads an ONNX file's graph. Weights in external files are not touched; fields unknown to this schema are kept.
 *
 * @param bytes the whole `.onnx` file; the graph keeps views into it, so the caller must not change it afterwards
 * @throws `model` that says what is wrong, within two seconds whatever the bytes are
 */
export function readGraph(bytes: Uint8Array): OnnxGraph {
  checkWire(bytes, ModelProtoSchema);
  let model: ModelProto;
  try {
    model = fromBinary(ModelProtoSchema, bytes);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw modelError(`This is not a readable ONNX graph: ${reason}`, { cause: error });
  }
  return indexGraph(model);
}
