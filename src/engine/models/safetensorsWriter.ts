import { invalidInput } from '../../protocol/errors.ts';
import { bytesPerElement, checkedSize, type StoredDtype } from './sae/storedTensor.ts';

export interface TensorToWrite {
  readonly name: string;
  readonly dtype: StoredDtype;
  readonly shape: readonly number[];
  /** Row-major, little-endian. */
  readonly bytes: Uint8Array;
}

export interface WrittenSafetensors {
  readonly bytes: Uint8Array;
  /** Where each tensor begins in the file, in bytes. */
  readonly offsets: ReadonlyMap<string, number>;
}

/** Tensors of this name prefix only fill gaps; the format allows no holes. */
const paddingPrefix = '_padding.';

/**
 * A safetensors file with every tensor at a multiple of 64 bytes from the file's start, in the order given, so that the
 * same file serves as an ONNX model's external data. Gaps are U8 tensors named `_padding.N`, the header is filled up
 * with spaces; the same input gives the same bytes.
 *
 * @throws `invalidInput` when bytes do not fit dtype and shape, or for a name used twice
 * @source github.com/huggingface/safetensors, README "Format"
 */
export function writeSafetensors(
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>> = {},
  alignBytes = 64,
): WrittenSafetensors {
  const header: Record<string, unknown> = {};
  if (Object.keys(metadata).length > 0) {
    header['__metadata__'] = Object.fromEntries(Object.entries(metadata).sort(byName));
  }
  const placed: { begin: number; bytes: Uint8Array; name: string }[] = [];
  let end = 0;
  const place = (name: string, dtype: StoredDtype, shape: readonly number[], bytes: Uint8Array) => {
    if (Object.hasOwn(header, name)) throw invalidInput(`Two tensors are named "${name}".`);
    header[name] = { dtype, shape, data_offsets: [end, end + bytes.byteLength] };
    placed.push({ begin: end, bytes, name });
    end += bytes.byteLength;
  };
  for (const { name, dtype, shape, bytes } of tensors) {
    const wanted = checkedSize(shape, `Tensor "${name}"`) * bytesPerElement[dtype];
    if (bytes.byteLength !== wanted) {
      throw invalidInput(
        `Tensor "${name}" ${dtype} [${shape.join(', ')}] needs ${String(wanted)} bytes, got ${String(bytes.byteLength)}.`,
      );
    }
    const gap = (alignBytes - (end % alignBytes)) % alignBytes;
    if (gap > 0) place(`${paddingPrefix}${String(placed.length)}`, 'U8', [gap], new Uint8Array(gap));
    place(name, dtype, shape, bytes);
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const dataStart = Math.ceil((8 + json.byteLength) / alignBytes) * alignBytes;
  const out = new Uint8Array(dataStart + end);
  out.fill(0x20, 8, dataStart);
  new DataView(out.buffer).setBigUint64(0, BigInt(dataStart - 8), true);
  out.set(json, 8);
  for (const { begin, bytes } of placed) out.set(bytes, dataStart + begin);
  const offsets = placed
    .filter(({ name }) => !name.startsWith(paddingPrefix))
    .map(({ name, begin }): [string, number] => [name, dataStart + begin]);
  return { bytes: out, offsets: new Map(offsets) };
}

const byName = ([a]: [string, string], [b]: [string, string]): number => (a < b ? -1 : a > b ? 1 : 0);
