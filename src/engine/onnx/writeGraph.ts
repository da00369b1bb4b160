import { toBinary } from '@bufbuild/protobuf';
import { modelError } from '../../protocol/errors.ts';
import { ModelProtoSchema } from './generated/onnx_pb.js';
import type { OnnxGraph } from './graph.ts';

/** The graph as the bytes of an ONNX file; external weights stay external, unknown fields are written back. */
export function writeGraph(graph: OnnxGraph): Uint8Array {
  try {
    return toBinary(ModelProtoSchema, graph.model);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw modelError(`The graph cannot be written: ${reason}`, { cause: error });
  }
}
