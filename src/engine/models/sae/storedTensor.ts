import type { FileHandle } from 'node:fs/promises';
import { modelError } from '../../../protocol/errors.ts';
import { bfloat16ToFloat32, halfToFloat32 } from '../../../numerics/halfPrecision.ts';

/** Element types that Featurescope reads from weight files; names as in safetensors. */
export const storedDtypes = ['F64', 'F32', 'F16', 'BF16', 'I64', 'I32', 'U8', 'BOOL'] as const;
export type StoredDtype = (typeof storedDtypes)[number];

export const bytesPerElement: Readonly<Record<StoredDtype, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  U8: 1,
  BOOL: 1,
};

/** float16 and bfloat16 as their bits. */
export type StoredView =
  Float64Array | Float32Array | Uint16Array | BigInt64Array | Int32Array | Uint8Array;

/** One tensor of a file; its bytes are read only when asked for. */
export interface StoredTensor {
  readonly name: string;
  readonly dtype: StoredDtype;
  readonly shape: readonly number[];
  /** Row-major bytes, whatever the layout in the file. Throws `model` when the file is shorter than it said. */
  readBytes(): Promise<Uint8Array>;
}

export interface TensorFile {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: ReadonlyMap<string, string>;
  close(): Promise<void>;
}

/** No weight file that we accept has more elements in one tensor: 2^31 floats are 8 GiB. */
const maxElements = 2 ** 31;

/**
 * Number of elements of a shape that an untrusted file gave.
 *
 * @throws `model` for a negative, fractional or overflowing size, named with the shape
 */
export function checkedSize(shape: readonly number[], what: string): number {
  let size = 1;
  for (const dim of shape) {
    if (!Number.isSafeInteger(dim) || dim < 0 || dim > maxElements) {
      throw modelError(`${what} has the impossible shape [${shape.join(', ')}].`);
    }
    size *= dim;
    if (size > maxElements) {
      throw modelError(
        `${what} has the shape [${shape.join(', ')}], more than ${String(maxElements)} elements.`,
      );
    }
  }
  return size;
}

/** Reads exactly `length` bytes at `position`. Throws `model` when the file ends before. */
export async function readExactly(
  file: FileHandle,
  position: number,
  length: number,
  what: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) throw modelError(`${what} ends before its ${String(length)} bytes.`);
    done += bytesRead;
  }
  return bytes;
}

/** Typed view of row-major bytes; copies only when they are not aligned. */
function viewOf(dtype: StoredDtype, bytes: Uint8Array): StoredView {
  const width = bytesPerElement[dtype];
  const aligned = bytes.byteOffset % width === 0 ? bytes : bytes.slice();
  const { buffer, byteOffset } = aligned;
  const count = aligned.byteLength / width;
  switch (dtype) {
    case 'F64':
      return new Float64Array(buffer, byteOffset, count);
    case 'F32':
      return new Float32Array(buffer, byteOffset, count);
    case 'F16':
    case 'BF16':
      return new Uint16Array(buffer, byteOffset, count);
    case 'I64':
      return new BigInt64Array(buffer, byteOffset, count);
    case 'I32':
      return new Int32Array(buffer, byteOffset, count);
    case 'U8':
    case 'BOOL':
      return aligned;
  }
}

/**
 * Reads a tensor as float32, row-major. float64 is rounded; integers above 2^24 lose their last bits.
 *
 * @returns f32 `[product of shape]`
 */
export async function readFloat32(tensor: StoredTensor): Promise<Float32Array> {
  const view = viewOf(tensor.dtype, await tensor.readBytes());
  if (view instanceof Float32Array) return view;
  if (view instanceof Uint16Array) {
    return tensor.dtype === 'BF16' ? bfloat16ToFloat32(view) : halfToFloat32(view);
  }
  if (view instanceof BigInt64Array) return Float32Array.from(view, Number);
  return Float32Array.from(view);
}
