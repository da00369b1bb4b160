/** Element types that cross to the runner; names as in ONNX Runtime. */
export type Dtype = 'float32' | 'float16' | 'int64' | 'int32' | 'uint8' | 'bool';

export type TensorData = Float32Array | Uint16Array | BigInt64Array | Int32Array | Uint8Array;

/** A tensor by value: row-major, `data.length` equals the product of `dims`; float16 as its bits. */
export interface TensorValue {
  readonly dtype: Dtype;
  readonly dims: readonly number[];
  readonly data: TensorData;
}

/**
 * A tensor that stays in the runner; freed by `tensor/release` or with its session. Other `dims` of the same size see
 * the same memory in another shape.
 */
export interface TensorHandle {
  readonly handle: number;
  readonly dtype: Dtype;
  readonly dims: readonly number[];
}

export type TensorRef = TensorValue | TensorHandle;

export const isHandle = (tensor: TensorRef): tensor is TensorHandle => 'handle' in tensor;

/** Number of elements of a shape. */
export const sizeOf = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);
