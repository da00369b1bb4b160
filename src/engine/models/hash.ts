import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { modelError } from '../../protocol/errors.ts';
import type { ModelFile } from './modelFiles.ts';

/** Remembers hashes of files that did not change: gigabytes need not be read before every picture. */
export interface HashMemory {
  get(path: string, sizeBytes: number, modifiedMs: number): string | undefined;
  set(path: string, sizeBytes: number, modifiedMs: number, sha256: string): void;
}

/**
 * SHA-256 (hex) of each file by its name inside the model folder, sorted by name.
 *
 * @param onRead told of bytes that were read
 * @throws `model` for a file that cannot be read, the signal's reason when it aborts
 */
export async function hashModelFiles(
  files: readonly ModelFile[],
  memory: HashMemory,
  signal?: AbortSignal,
  onRead: (bytes: number) => void = () => undefined,
): Promise<Readonly<Record<string, string>>> {
  const hashes: Record<string, string> = {};
  for (const file of files.toSorted((left, right) => (left.name < right.name ? -1 : 1))) {
    const { name, path, sizeBytes, modifiedMs } = file;
    const known = memory.get(path, sizeBytes, modifiedMs);
    hashes[name] = known ?? (await hashFile(file, onRead, signal));
    if (known === undefined && (await isUnchanged(file))) {
      memory.set(path, sizeBytes, modifiedMs, hashes[name]);
    }
  }
  return hashes;
}

/** How far hashing is with the files that were not remembered. */
interface Far {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/** Hashing that goes on by itself. */
export interface Hashing {
  readonly hashes: Promise<Readonly<Record<string, string>>>;
  /** Waits for the hashes: gigabytes take longer than a picture. @throws `model`; the signal's reason when it aborts */
  readonly until: (signal: AbortSignal, onFar: (far: Far) => void) => Promise<void>;
}

const farSaidMs = 250;

export function beginHashing(files: readonly ModelFile[], memory: HashMemory): Hashing {
  let doneBytes = 0;
  const totalBytes = files
    .filter(({ path, sizeBytes, modifiedMs }) => !memory.get(path, sizeBytes, modifiedMs))
    .reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const hashes = hashModelFiles(files, memory, undefined, (bytes) => (doneBytes += bytes));
  const until: Hashing['until'] = async (signal, onFar) => {
    const isThere = hashes.then(() => true);
    while (!(await Promise.race([isThere, setTimeout(farSaidMs, false)]))) {
      signal.throwIfAborted();
      onFar({ doneBytes, totalBytes });
    }
  };
  return { hashes, until };
}

async function hashFile(
  { name, path }: ModelFile,
  onRead: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<string> {
  const hash = createHash('sha256');
  try {
    const stream = createReadStream(path, { highWaterMark: 2 ** 20 });
    for await (const chunk of stream) {
      signal?.throwIfAborted();
      hash.update(chunk as Buffer);
      onRead((chunk as Buffer).length);
    }
  } catch (error) {
    if (signal?.aborted) throw error;
    throw modelError(`${name} cannot be read: ${String(error)}`, { cause: error });
  }
  return hash.digest('hex');
}

/** A file that was written to while it was read has a hash that fits no state of it. */
async function isUnchanged({ path, sizeBytes, modifiedMs }: ModelFile): Promise<boolean> {
  const { size, mtimeMs } = await stat(path);
  return size === sizeBytes && mtimeMs === modifiedMs;
}
