import { open } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { FeaturescopeError, invalidInput } from '../../../protocol/errors.ts';
import { openSafetensors } from '../../models/safetensors.ts';
import { readFloat32 } from '../../models/sae/storedTensor.ts';
import { parseNpy } from './parseNpy.ts';

/** A vector as text needs some 20 bytes a number; larger files hold something else. */
const fileBytesMax = 64 * 2 ** 20;

/**
 * A direction that somebody else made: a `.safetensors`, `.npy` or `.json` file with one vector of the block's width,
 * or a matrix `[rows, width]` whose row is named as `tensor` (`name#3`, or `#3`).
 *
 * @throws `invalidInput` naming the file, what it holds and what is wanted
 */
export async function readVectorFile(
  path: string,
  tensor: string | undefined,
  width: number,
): Promise<{ name: string; values: Float32Array }> {
  const file = basename(path);
  const [tensorName, rowText] = (tensor ?? '').split('#');
  const row = rowText === undefined ? undefined : Number(rowText);
  const read = readers[extname(path).toLowerCase()];
  if (!read) {
    throw invalidInput(`${file}: directions are read from .safetensors, .npy and .json files.`);
  }
  const { shape, values } = await read(path, tensorName ?? '').catch((error: unknown) => {
    const { code, message } = FeaturescopeError.from(error);
    const isOurs = code === 'invalidInput' || code === 'model';
    throw isOurs ? invalidInput(message) : invalidInput(`${file} cannot be read: ${message}`);
  });
  const size = shape.reduce((a, b) => a * b, 1);
  const isMatrix = shape.length === 2 && shape[1] === width && (shape[0] ?? 0) > 1;
  if (isMatrix ? row === undefined : size !== width) {
    const hint = isMatrix ? `; name one of its rows, such as "#0"` : '';
    throw invalidInput(
      `${file} holds [${shape.join(', ')}]; a vector of ${String(width)} values is wanted${hint}.`,
    );
  }
  const start = isMatrix ? (row ?? 0) * width : 0;
  if (!(Number.isInteger(start) && start >= 0 && start + width <= size)) {
    throw invalidInput(
      `${file} has no row "#${String(rowText)}": its rows are #0 to #${String(size / width - 1)}.`,
    );
  }
  const vector = Float32Array.from(values.subarray(start, start + width));
  const bad = vector.find((value) => !Number.isFinite(value));
  if (bad !== undefined) throw invalidInput(`${file} holds ${String(bad)}; numbers are wanted.`);
  if (vector.every((value) => value === 0)) throw invalidInput(`${file} holds only zeros.`);
  return { name: tensor === undefined ? file : `${file} ${tensor}`, values: vector };
}

interface Stored {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

const readers: Readonly<Record<string, (path: string, tensor: string) => Promise<Stored>>> = {
  '.safetensors': readSafetensors,
  '.npy': async (path) => parseNpy(await readSmall(path), basename(path)),
  '.json': async (path) => parseJson(await readSmall(path), basename(path)),
};

async function readSmall(path: string): Promise<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    if (size > fileBytesMax) {
      throw invalidInput(`${basename(path)} has ${String(size)} bytes; at most 64 MiB are read.`);
    }
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

async function readSafetensors(path: string, tensor: string): Promise<Stored> {
  const file = await openSafetensors(path);
  try {
    const names = [...file.tensors.keys()];
    const only = names.length === 1 ? names[0] : undefined;
    const stored = file.tensors.get(tensor === '' ? (only ?? '') : tensor);
    if (!stored) {
      throw invalidInput(
        `${basename(path)} has the tensors ${names.slice(0, 20).join(', ')}; name one of them.`,
      );
    }
    return { shape: stored.shape, values: await readFloat32(stored) };
  } finally {
    await file.close();
  }
}

function parseJson(bytes: Uint8Array, file: string): Stored {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw invalidInput(`${file} is not JSON.`);
  }
  const named = (json as { vector?: unknown } | null)?.vector;
  const list: unknown = Array.isArray(json) ? json : named;
  if (!Array.isArray(list) || !list.every((value) => typeof value === 'number')) {
    throw invalidInput(`${file} should hold a list of numbers, or one under "vector".`);
  }
  return { shape: [list.length], values: Float32Array.from(list) };
}
