import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
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
export function openDatabase(storageDir: string): DatabaseSync {
  const path = join(storageDir, 'featurescope.db');
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(storageDir, { recursive: true });
    database = new DatabaseSync(path, { timeout: busyTimeoutMs });
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
    migrate(database);
    return database;
  } catch (error) {
    database?.close();
    throw fileError(error, 'Cannot open the run store', path);
  }
}

function migrate(database: DatabaseSync): void {
  const { user_version: current } = database.prepare('PRAGMA user_version').get() as {
    user_version: number;
  };
  if (current > migrations.length) {
    throw new Error(
      `it has version ${String(current)}, this Featurescope knows up to ${String(migrations.length)}; update the extension`,
    );
  }
  if (current === migrations.length) return;
  inTransaction(database, () => {
    // Another window may have migrated while this one waited for the lock.
    const { user_version: now } = database.prepare('PRAGMA user_version').get() as {
      user_version: number;
    };
    for (const migration of migrations.slice(now)) database.exec(migration);
    database.exec(`PRAGMA user_version = ${String(migrations.length)}`);
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
