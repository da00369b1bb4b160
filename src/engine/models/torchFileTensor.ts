import type { FileHandle } from 'node:fs/promises';
import { modelError } from '../../protocol/errors.ts';
import type { PickleValue } from './pickleReader.ts';
import {
  bytesPerElement,
  checkedSize,
  readExactly,
  type StoredDtype,
  type StoredTensor,
} from './sae/storedTensor.ts';

/** torch's storage classes that are read, by the names that pickles give. */
export const storageDtypes: ReadonlyMap<string, StoredDtype> = new Map([
  ['torch.DoubleStorage', 'F64'],
  ['torch.FloatStorage', 'F32'],
  ['torch.HalfStorage', 'F16'],
  ['torch.BFloat16Storage', 'BF16'],
  ['torch.LongStorage', 'I64'],
  ['torch.IntStorage', 'I32'],
  ['torch.ByteStorage', 'U8'],
  ['torch.BoolStorage', 'BOOL'],
]);

const maxRank = 8;

/** Raw elements in the archive that one or more tensors look into. */
export class TorchStorage {
  readonly dtype: StoredDtype;
  readonly start: number;
  readonly elements: number;

  constructor(dtype: StoredDtype, start: number, elements: number) {
    this.dtype = dtype;
    this.start = start;
    this.elements = elements;
  }

  /** Throws `model` unless the archive's entry has exactly the bytes that the pickle says, under one type. */
  check(dtype: StoredDtype, elements: number, sizeBytes: number, what: string): void {
    checkedSize([elements], what);
    if (dtype !== this.dtype || elements !== this.elements) {
      throw modelError(`${what} is described in two ways.`);
    }
    if (elements * bytesPerElement[dtype] !== sizeBytes) {
      throw modelError(
        `${what} of ${String(elements)} ${dtype} needs ${String(elements * bytesPerElement[dtype])} bytes, the archive has ${String(sizeBytes)}.`,
      );
    }
  }
}

/** A strided view of a storage. */
export class TorchTensor implements StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly #storage: TorchStorage;
  readonly #offset: number;
  readonly #handle: FileHandle;

  constructor(
    name: string,
    storage: TorchStorage,
    offset: number,
    shape: readonly number[],
    strides: readonly number[],
    handle: FileHandle,
  ) {
    this.name = name;
    this.shape = shape;
    this.strides = strides;
    this.#storage = storage;
    this.#offset = offset;
    this.#handle = handle;
  }

  get dtype(): StoredDtype {
    return this.#storage.dtype;
  }

  named(name: string): TorchTensor {
    return new TorchTensor(name, this.#storage, this.#offset, this.shape, this.strides, this.#handle);
  }

  /** Elements from the first to the last that the view touches, then gathered into row-major order. */
  async readBytes(): Promise<Uint8Array> {
    const width = bytesPerElement[this.dtype];
    const count = checkedSize(this.shape, this.name);
    if (count === 0) return new Uint8Array(0);
    const extent = 1 + this.shape.reduce((sum, dim, i) => sum + (dim - 1) * (this.strides[i] ?? 0), 0);
    const start = this.#storage.start + this.#offset * width;
    const bytes = await readExactly(this.#handle, start, extent * width, this.name);
    return isRowMajor(this.shape, this.strides) ? bytes : gather(bytes, width, this.shape, this.strides);
  }
}

function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if ((shape[i] ?? 1) !== 1 && strides[i] !== expected) return false;
    expected *= shape[i] ?? 1;
  }
  return true;
}

function gather(
  bytes: Uint8Array<ArrayBuffer>,
  width: number,
  shape: readonly number[],
  strides: readonly number[],
): Uint8Array {
  const count = shape.reduce((a, b) => a * b, 1);
  const Words = width === 8 ? BigUint64Array : width === 4 ? Uint32Array : width === 2 ? Uint16Array : Uint8Array;
  const from = new Words(bytes.buffer, bytes.byteOffset, bytes.byteLength / width);
  const to = new Words(count);
  const rank = shape.length;
  const columns = shape[rank - 1] ?? 1;
  const columnStride = strides[rank - 1] ?? 0;
  const index = new Array<number>(rank).fill(0);
  for (let row = 0, at = 0; row < count; row += columns) {
    for (let column = 0; column < columns; column++) {
      to[row + column] = from[at + column * columnStride] ?? 0;
    }
    for (let axis = rank - 2; axis >= 0; axis--) {
      at += strides[axis] ?? 0;
      index[axis] = (index[axis] ?? 0) + 1;
      if ((index[axis] ?? 0) < (shape[axis] ?? 1)) break;
      at -= (strides[axis] ?? 0) * (shape[axis] ?? 1);
      index[axis] = 0;
    }
  }
  return new Uint8Array(to.buffer);
}

/**
 * `torch._utils._rebuild_tensor_v2(storage, offset, shape, strides, …)` as a checked view: every element lies inside the
 * storage and no two share a place (an expanded tensor could claim any size from one stored number).
 *
 * @throws `model` for offsets, shapes or strides that do not fit
 */
export function rebuildTensor(
  args: readonly PickleValue<TorchStorage | TorchTensor>[],
  file: string,
  handle: FileHandle,
): TorchTensor {
  const [storage, offset, shape, strides] = args;
  if (!(storage instanceof TorchStorage) || !isCounts(shape) || !isCounts(strides) || !isCounts([offset])) {
    throw modelError(`${file} is not read: a tensor is malformed.`);
  }
  const first = Number(offset);
  if (shape.length !== strides.length || shape.length > maxRank) {
    throw modelError(`${file} is not read: a tensor of rank ${String(shape.length)} has ${String(strides.length)} strides.`);
  }
  const shown = `${file}: a tensor [${shape.join(', ')}] with strides [${strides.join(', ')}] from ${String(first)}`;
  if (checkedSize(shape, shown) > 0) {
    let reach = 1;
    const axes = shape.map((dim, i) => ({ dim, stride: strides[i] ?? 0 })).filter(({ dim }) => dim > 1);
    for (const { dim, stride } of axes.sort((a, b) => a.stride - b.stride)) {
      if (stride < reach) throw modelError(`${shown} puts two elements in one place.`);
      reach += (dim - 1) * stride;
    }
    if (first + reach > storage.elements) {
      throw modelError(`${shown} leaves its storage of ${String(storage.elements)} elements.`);
    }
  }
  return new TorchTensor('tensor', storage, first, shape, strides, handle);
}

const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && (item as number) >= 0);
