import { zipSync, type Zippable } from 'fflate';
import { writePickle, type PickleInput, type TensorToPickle } from './pickleWriter.ts';

export interface TorchTensorToWrite {
  readonly data: Float32Array | BigInt64Array;
  readonly shape: readonly number[];
  /** Row-major when left out. */
  readonly strides?: readonly number[];
}

export type TorchValueToWrite = TorchTensorToWrite | ReadonlyMap<string, TorchValueToWrite>;

const localHeaderBytes = 30;
const alignBytes = 64;
const paddingField = 0x4246; // the extra field that torch itself fills

/**
 * A `.pt` file as `torch.save` writes it: a ZIP of stored entries, storages at multiples of 64 bytes. The same input
 * gives the same bytes.
 *
 * @param name the archive's inner folder, torch's is the file's name without its ending
 */
export function writeTorchFile(name: string, root: TorchValueToWrite): Uint8Array {
  const storages: Uint8Array[] = [];
  const describe = (value: TorchValueToWrite): PickleInput => {
    if (!('data' in value)) return new Map([...value].map(([key, item]) => [key, describe(item)]));
    const { data, shape } = value;
    const described: TensorToPickle = {
      key: String(storages.length),
      storageType: data instanceof Float32Array ? 'FloatStorage' : 'LongStorage',
      elements: data.length,
      shape,
      strides: value.strides ?? rowMajor(shape),
    };
    storages.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return described;
  };
  const pickle = writePickle(describe(root));
  const encode = (text: string) => new TextEncoder().encode(text);
  const entries: [string, Uint8Array][] = [
    [`${name}/data.pkl`, pickle],
    [`${name}/byteorder`, encode('little')],
    ...storages.map((bytes, i): [string, Uint8Array] => [`${name}/data/${String(i)}`, bytes]),
    [`${name}/version`, encode('3\n')],
  ];
  const files: Zippable = {};
  let position = 0;
  for (const [path, bytes] of entries) {
    const headerEnd = position + localHeaderBytes + encode(path).length + 4;
    const padding = (alignBytes - (headerEnd % alignBytes)) % alignBytes;
    files[path] = [bytes, { level: 0, mtime: '1980-01-01T00:00:00', extra: { [paddingField]: new Uint8Array(padding) } }];
    position = headerEnd + padding + bytes.length;
  }
  return zipSync(files);
}

function rowMajor(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = (strides[i + 1] ?? 1) * (shape[i + 1] ?? 1);
  return strides;
}
