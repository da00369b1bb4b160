import { create } from '@bufbuild/protobuf';
import type { ValueInfo } from '../../protocol/runner.ts';
import { elementType } from './elementTypes.ts';
import { type ValueInfoProto, ValueInfoProtoSchema } from './generated/onnx_pb.js';

/** The declaration of a graph's input or output as ONNX writes it. */
export function declareValue({ name, dtype, dims }: ValueInfo): ValueInfoProto {
  const dim = dims.map((size) => ({
    value:
      typeof size === 'number'
        ? { case: 'dimValue' as const, value: BigInt(size) }
        : { case: 'dimParam' as const, value: size },
  }));
  return create(ValueInfoProtoSchema, {
    name,
    type: {
      value: { case: 'tensorType', value: { elemType: elementType[dtype], shape: { dim } } },
    },
  });
}
