import { modelError } from '../../protocol/errors.ts';
import type { Dtype } from '../../protocol/tensors.ts';

/** ONNX's numbers of the element types that this project computes with (`TensorProto.DataType`). */
export const elementType = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
} as const satisfies Record<Dtype, number>;

/** Bytes per element of every type that weights of a U-net come in, by ONNX's number. */
const bytesOf = new Map<number, number>([
  [1, 4], // float32
  [2, 1], // uint8
  [3, 1], // int8
  [4, 2], // uint16
  [5, 2], // int16
  [6, 4], // int32
  [7, 8], // int64
  [9, 1], // bool
  [10, 2], // float16
  [11, 8], // float64
  [12, 4], // uint32
  [13, 8], // uint64
  [16, 2], // bfloat16
  [17, 1], // float8e4m3fn
  [19, 1], // float8e5m2
  [21, 0.5], // uint4
  [22, 0.5], // int4
]);

/** The protocol's name of an ONNX element type; undefined when such values cannot cross to the runner. */
export function dtypeOf(type: number): Dtype | undefined {
  for (const [name, number] of Object.entries(elementType)) {
    if (number === type) return name as Dtype;
  }
  return undefined;
}

/** @throws `model` for an element type that weights of a U-net do not have */
export function elementBytes(type: number, name: string): number {
  const bytes = bytesOf.get(type);
  if (bytes !== undefined) return bytes;
  throw modelError(`The weight "${name}" has the unknown element type ${type}.`);
}
