import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const goldenDir = join(import.meta.dirname, '..', 'golden');

type Values = Uint16Array | Float32Array | Float64Array | BigInt64Array | Int32Array | Uint8Array;

export interface GoldenTensor {
  readonly dims: readonly number[];
  readonly data: Values;
}

interface Entry {
  readonly dtype: keyof typeof arrays;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

const arrays = {
  F16: Uint16Array,
  F32: Float32Array,
  F64: Float64Array,
  I64: BigInt64Array,
  I32: Int32Array,
  U8: Uint8Array,
} as const;

/** Trusted reader for our own fixtures; the engine's reader of other people's files is stricter. */
export function readGoldenTensors(name: string): ReadonlyMap<string, GoldenTensor> {
  const file = readFileSync(join(goldenDir, name));
  const headerSize = Number(file.readBigUInt64LE(0));
  const start = 8 + headerSize;
  const header = JSON.parse(file.toString('utf8', 8, start)) as Record<string, Entry>;
  const tensors = new Map<string, GoldenTensor>();
  for (const [key, entry] of Object.entries(header)) {
    if (key === '__metadata__') continue;
    const [from, to] = entry.data_offsets;
    // A copy: typed arrays want aligned offsets.
    const bytes = new Uint8Array(file.subarray(start + from, start + to));
    tensors.set(key, { dims: entry.shape, data: new arrays[entry.dtype](bytes.buffer) });
  }
  return tensors;
}

export function readGoldenJson(name: string): unknown {
  const file = readFileSync(join(goldenDir, name));
  return JSON.parse((name.endsWith('.gz') ? gunzipSync(file) : file).toString('utf8')) as unknown;
}

export function goldenTensor(
  tensors: ReadonlyMap<string, GoldenTensor>,
  name: string,
): GoldenTensor {
  const tensor = tensors.get(name);
  if (!tensor) throw new Error(`No tensor ${name} in the fixture`);
  return tensor;
}

/** Largest absolute difference. */
export function largestDifference(left: ArrayLike<number>, right: ArrayLike<number>): number {
  if (left.length !== right.length) {
    throw new Error(`${String(left.length)} values against ${String(right.length)}`);
  }
  let largest = 0;
  for (let i = 0; i < left.length; i++) {
    const difference = Math.abs((left[i] ?? NaN) - (right[i] ?? NaN));
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

/** Largest absolute difference over the largest absolute value of `expected`. */
export function relativeDifference(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  const zeros = new Float32Array(expected.length);
  return largestDifference(got, expected) / largestDifference(expected, zeros);
}
