import type { TensorShapeProto_Dimension, ValueInfoProto } from './generated/onnx_pb.js';
import type { Dim, ValueType } from './valueTypes.ts';

/** What a `ValueInfoProto` says; undefined for anything but a tensor with an element type. */
export function declaredType(info: ValueInfoProto): ValueType | undefined {
  if (info.type?.value.case !== 'tensorType') return undefined;
  const { elemType, shape } = info.type.value.value;
  if (elemType === 0) return undefined;
  return shape
    ? { elementType: elemType, dims: shape.dim.map(readDim) }
    : { elementType: elemType };
}

function readDim(dim: TensorShapeProto_Dimension): Dim {
  if (dim.value.case === 'dimValue') return Number(dim.value.value);
  if (dim.value.case === 'dimParam' && dim.value.value !== '') return dim.value.value;
  return undefined;
}
