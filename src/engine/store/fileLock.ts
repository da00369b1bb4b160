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
