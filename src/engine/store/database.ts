import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileError } from './fileError.ts';

/** Two windows share one file: a writer waits this long for the other before it fails. */
const busyTimeoutMs = 10_000;

/** Each entry brings the database from version `index` to `index + 1`. Never edit one that was released: append. */
const migrations: readonly string[] = [
  `CREATE TABLE runs (
     run_id TEXT PRIMARY KEY,
     created_at TEXT NOT NULL,
     manifest TEXT NOT NULL,
     size_bytes INTEGER NOT NULL,
     deleted_at TEXT
   ) STRICT;
   CREATE TABLE file_hashes (
     path TEXT PRIMARY KEY,
     size_bytes INTEGER NOT NULL,
     modified_ms REAL NOT NULL,
     sha256 TEXT NOT NULL
   ) STRICT;`,
];

/**
 * Opens (and creates or migrates) the store's SQLite file in write-ahead mode.
 *
 * @throws `invalidInput` when the folder cannot be written, or the file was made by a newer Featurescope
 */
export const openDatabase = (storageDir: string): DatabaseSync =>
  openMigrated(join(storageDir, 'featurescope.db'), migrations, 'Cannot open the run store');

/**
 * Opens (and creates or migrates) any SQLite file of ours in write-ahead mode.
 *
 * @param steps each brings the file from version `index` to `index + 1`
 * @param what went wrong, in words, when it cannot be opened
 * @throws `invalidInput` when the folder cannot be written, or the file was made by a newer Featurescope
 */
export function openMigrated(path: string, steps: readonly string[], what: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true });
    database = new DatabaseSync(path, { timeout: busyTimeoutMs });
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
    migrate(database, steps);
    return database;
  } catch (error) {
    database?.close();
    throw fileError(error, what, path);
  }
}

/** The number in a database's header that says which migrations it has. */
export const versionOf = (database: DatabaseSync): number =>
  (database.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;

function migrate(database: DatabaseSync, steps: readonly string[]): void {
  const current = versionOf(database);
  if (current > steps.length) {
    throw new Error(
      `it has version ${String(current)}, this Featurescope knows up to ${String(steps.length)}; update the extension`,
    );
  }
  if (current === steps.length) return;
  inTransaction(database, () => {
    // Another window may have migrated while this one waited for the lock.
    for (const step of steps.slice(versionOf(database))) database.exec(step);
    database.exec(`PRAGMA user_version = ${String(steps.length)}`);
  });
}

/** Runs `work` in one write transaction; an error rolls it back. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}
