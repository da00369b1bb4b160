import { readFile, stat } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { writeWhole } from '../files/writeWhole.ts';
import { invalidInput } from '../../protocol/errors.ts';
import { fileError } from './fileError.ts';
import { type FileLock, takeStorageLock } from './fileLock.ts';
import { formatLabels, type LabelDocument, parseLabels } from './labelLines.ts';

const sizeBytesMax = 16 * 2 ** 20;
const lockWaitMs = 5000;

/** Text of a labels file, empty when there is none yet. @throws `invalidInput` for one that is too large or unreadable */
async function readText(path: string): Promise<string> {
  const facts = await stat(path).catch(() => undefined);
  if (!facts) return '';
  if (!facts.isFile() || facts.size > sizeBytesMax) {
    throw invalidInput(
      `"${path}" is no labels file: it has ${facts.size} bytes, at most ${sizeBytesMax} are allowed.`,
    );
  }
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw fileError(error, 'Cannot read the labels', path);
  }
}

/** Lines of a labels file; those that cannot be read are among them, with the reason. */
export async function readLabelFile(path: string): Promise<LabelDocument> {
  return parseLabels(await readText(path));
}

/** Changes whenever the file may have: its size and time. */
export async function labelFileStamp(path: string): Promise<string> {
  const facts = await stat(path).catch(() => undefined);
  return facts ? `${facts.size}/${facts.mtimeMs}` : 'none';
}

/**
 * Reads the file as it is now, changes lines and writes it whole, old or new. Another window that writes at the same time
 * waits for its turn; what an editor saved meanwhile is kept, because lines are changed, not the file.
 *
 * @param storageDir where the lock lies
 * @throws `invalidInput` when the place cannot be written, or another window does not let go of it
 */
export async function changeLabelFile(
  path: string,
  storageDir: string,
  change: (document: LabelDocument) => LabelDocument,
): Promise<LabelDocument> {
  const lock = await takeLock(path, storageDir);
  try {
    const before = await readText(path);
    const document = change(parseLabels(before));
    const after = formatLabels(document);
    if (after !== before) {
      await writeWhole(path, after).catch((error: unknown) => {
        throw fileError(error, 'Cannot write the labels', path);
      });
    }
    return document;
  } finally {
    lock.release();
  }
}

async function takeLock(path: string, storageDir: string): Promise<FileLock> {
  for (const startMs = Date.now(); ;) {
    const lock = takeStorageLock(storageDir, path);
    if (lock) return lock;
    if (Date.now() - startMs > lockWaitMs) {
      throw invalidInput(`Another window has been writing to "${path}" for 5 s; try again.`);
    }
    await setTimeout(10);
  }
}
