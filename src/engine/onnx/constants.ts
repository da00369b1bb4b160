import { halfToFloat32 } from '../../numerics/halfPrecision.ts';
import { elementType } from './elementTypes.ts';
import type { NodeProto, TensorProto } from './generated/onnx_pb.js';

/** Longer lists are weights, not shapes or axes. */
const lengthMax = 64;

/** The numbers of a small integer or float tensor that lies inside the graph; undefined for all others. */
export function readSmallTensor(tensor: TensorProto | undefined): number[] | undefined {
  if (!tensor || tensor.dims.length > 1 || tensor.externalData.length > 0) return undefined;
  const length = tensor.dims.length === 0 ? 1 : Number(tensor.dims[0]);
  if (!(length <= lengthMax)) return undefined;
  const raw = tensor.rawData;
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const fromRaw = (bytes: number, read: (at: number) => number): number[] | undefined =>
    raw.byteLength === length * bytes
      ? Array.from({ length }, (_, i) => read(i * bytes))
      : undefined;
  switch (tensor.dataType) {
    case elementType.int64:
      if (tensor.int64Data.length === length) return tensor.int64Data.map(Number);
      return fromRaw(8, (at) => Number(view.getBigInt64(at, true)));
    case elementType.int32:
      if (tensor.int32Data.length === length) return [...tensor.int32Data];
      return fromRaw(4, (at) => view.getInt32(at, true));
    case elementType.float32:
      if (tensor.floatData.length === length) return [...tensor.floatData];
      return fromRaw(4, (at) => view.getFloat32(at, true));
    case elementType.float16:
      return fromRaw(2, (at) => halfToFloat32(Uint16Array.of(view.getUint16(at, true)))[0]!);
    default:
      return undefined;
  }
}

/** An integer attribute, or its default. */
export function intAttribute(node: NodeProto, name: string, fallback: number): number {
  const attribute = node.attribute.find((a) => a.name === name);
  return attribute ? Number(attribute.i) : fallback;
}

export function intsAttribute(node: NodeProto, name: string): number[] | undefined {
  return node.attribute.find((a) => a.name === name)?.ints.map(Number);
}
