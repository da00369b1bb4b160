import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileError } from './fileError.ts';

export interface FileLock {
  release(): void;
}

/** SQLite's result code for a lock that someone else has. */
const sqliteBusy = 5;

/**
 * Takes a lock that ends with the process that has it, however that ends. An empty SQLite database carries it, since
 * Node has no file locks of its own; the file stays.
 *
 * @returns undefined while another process, or another holder in this one, has it
 * @throws `invalidInput` for a place that cannot be written
 */
export function takeFileLock(path: string): FileLock | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 0 });
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    if ((error as { errcode?: number }).errcode === sqliteBusy) return undefined;
    throw fileError(error, 'Cannot lock', path);
  }
  const held = database;
  return {
    release: () => {
      held.close();
    },
  };
}

/**
 * Locks of files that other programs and people see lie in the storage, which all windows share: nothing is left beside
 * the files themselves.
 *
 * @returns undefined while somebody else has it
 */
export function takeStorageLock(storageDir: string, path: string): FileLock | undefined {
  const name = createHash('sha256').update(resolve(path)).digest('hex').slice(0, 16);
  const dir = join(storageDir, 'locks');
  try {
    mkdirSync(dir, { recursive: true });
  } catch (error) {
    throw fileError(error, 'Cannot create the folder', dir);
  }
  return takeFileLock(join(dir, `${name}.lock`));
}
