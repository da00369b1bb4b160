import { create } from '@bufbuild/protobuf';
import { elementType } from './elementTypes.ts';
import {
  type TensorProto,
  TensorProto_DataLocation,
  TensorProtoSchema,
} from './generated/onnx_pb.js';
import type { NodeWriter } from './nodeWriter.ts';
import { lengthOf, type SaeSpec, type SaeTensor } from './saeSpec.ts';

/** Names of an SAE's weights in the graph, float32 but for the decoder; absent ones are not part of this SAE. */
export interface SaeWeights {
  readonly encoder: string; // [dModel, nFeatures]
  /** As stored: `decoderRows` and `wholeDecoder` widen what they take. */
  readonly decoder: string; // [nFeatures, dModel]
  readonly isDecoderHalf: boolean;
  readonly encoderBias: string | undefined; // [nFeatures]
  readonly decoderBias: string | undefined; // [dModel]
  readonly threshold: string | undefined; // [nFeatures] or [1]
}

/** The weights of an SAE as initializers that stay in their file, unless the graph cannot refer to it. */
export function referToWeights(
  w: NodeWriter,
  spec: SaeSpec,
  prefix: string,
): { names: SaeWeights; tensors: readonly TensorProto[] } {
  const { dModel, nFeatures, weights } = spec;
  const tensors: TensorProto[] = [];
  const refer = (label: string, tensor: SaeTensor, dims: readonly number[]): string => {
    const name = `${prefix}/${label}`;
    tensors.push(
      weights.bytes
        ? inlineTensor(name, weights.bytes, tensor, dims)
        : externalTensor(name, weights.file, tensor, dims),
    );
    return name;
  };
  const widened = (label: string, tensor: SaeTensor, dims: readonly number[]): string => {
    const name = refer(label, tensor, dims);
    return tensor.dtype === 'float16' ? w.cast(name, elementType.float32) : name;
  };
  const { encoderBias, decoderBias, threshold } = weights;
  const names = {
    encoder: widened('W_enc', weights.encoder, [dModel, nFeatures]),
    decoder: refer('W_dec', weights.decoder, [nFeatures, dModel]),
    isDecoderHalf: weights.decoder.dtype === 'float16',
    encoderBias: encoderBias && widened('b_enc', encoderBias, [nFeatures]),
    decoderBias: decoderBias && widened('b_dec', decoderBias, [dModel]),
    threshold: threshold && widened('threshold', threshold, [lengthOf(threshold)]),
  };
  return { names, tensors };
}

function externalTensor(
  name: string,
  location: string,
  { dtype, offset, sizeBytes }: SaeTensor,
  dims: readonly number[],
): TensorProto {
  const entries = { location, offset: String(offset), length: String(sizeBytes) };
  return create(TensorProtoSchema, {
    name,
    dims: dims.map(BigInt),
    dataType: elementType[dtype],
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
  });
}

function inlineTensor(
  name: string,
  bytes: Uint8Array,
  { dtype, offset, sizeBytes }: SaeTensor,
  dims: readonly number[],
): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: dims.map(BigInt),
    dataType: elementType[dtype],
    rawData: bytes.subarray(offset, offset + sizeBytes),
  });
}

/** Rows of the decoder, one per id. */
export function decoderRows(w: NodeWriter, weights: SaeWeights, ids: string): string {
  const rows = w.op('Gather', [weights.decoder, ids], { axis: 0 });
  return weights.isDecoderHalf ? w.cast(rows, elementType.float32) : rows;
}

export const wholeDecoder = (w: NodeWriter, { decoder, isDecoderHalf }: SaeWeights): string =>
  isDecoderHalf ? w.cast(decoder, elementType.float32) : decoder;
