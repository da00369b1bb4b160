import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
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
 * @throws `model` for a file that cannot be read, the signal's reason when it aborts
 */
export async function hashModelFiles(
  files: readonly ModelFile[],
  memory: HashMemory,
  signal?: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const hashes: Record<string, string> = {};
  for (const file of files.toSorted((left, right) => (left.name < right.name ? -1 : 1))) {
    const { name, path, sizeBytes, modifiedMs } = file;
    const known = memory.get(path, sizeBytes, modifiedMs);
    hashes[name] = known ?? (await hashFile(file, signal));
    if (known === undefined && (await isUnchanged(file))) {
      memory.set(path, sizeBytes, modifiedMs, hashes[name]);
    }
  }
  return hashes;
}

async function hashFile({ name, path }: ModelFile, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  try {
    const stream = createReadStream(path, { highWaterMark: 2 ** 20 });
    for await (const chunk of stream) {
      signal?.throwIfAborted();
      hash.update(chunk as Buffer);
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
