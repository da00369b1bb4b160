import { type FileHandle, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileError } from './fileError.ts';

/** A file that is being written; what a crash leaves behind is written over by the next try. */
const partSuffix = '.part';

/**
 * Writes a file that is either there in full, also after a power cut, or not there. Its folder's entry is on disk only
 * after `syncFolder`.
 *
 * @throws `invalidInput` naming path and cause: full, read-only, no such folder
 */
export async function writeDurably(path: string, bytes: Uint8Array | string): Promise<void> {
  const part = `${path}${partSuffix}`;
  try {
    await withFile(part, 'w', async (file) => {
      await file.writeFile(bytes);
      await file.sync();
    });
    await rename(part, path);
  } catch (error) {
    throw fileError(error, 'Cannot write', path);
  }
}

/** Makes what was created in or renamed into a folder outlive a power cut; Windows keeps that by itself. */
export async function syncFolder(dir: string): Promise<void> {
  if (process.platform === 'win32') return;
  try {
    await withFile(dir, 'r', (folder) => folder.sync());
  } catch (error) {
    throw fileError(error, 'Cannot write to the folder', dir);
  }
}

/** Adds to the end of a file, on disk when it resolves. @throws `invalidInput` naming path and cause */
export async function appendDurably(path: string, text: string): Promise<void> {
  try {
    await withFile(path, 'a', async (file) => {
      await file.writeFile(text);
      await file.sync();
    });
  } catch (error) {
    throw fileError(error, 'Cannot write', path);
  }
}

/** Cuts a file, on disk when it resolves. @throws `invalidInput` naming path and cause */
export async function truncateDurably(path: string, sizeBytes: number): Promise<void> {
  try {
    await withFile(path, 'r+', async (file) => {
      await file.truncate(sizeBytes);
      await file.sync();
    });
    await syncFolder(dirname(path));
  } catch (error) {
    throw fileError(error, 'Cannot write', path);
  }
}

async function withFile(
  path: string,
  flags: string,
  use: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const file = await open(path, flags);
  try {
    await use(file);
  } finally {
    await file.close();
  }
}
