import type { DatabaseSync } from 'node:sqlite';

/** Remembers the SHA-256 of a file as long as its size and time of change stay the same. */
export class HashCache {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  get(path: string, sizeBytes: number, modifiedMs: number): string | undefined {
    const row = this.#database
      .prepare(
        'SELECT sha256 FROM file_hashes WHERE path = ? AND size_bytes = ? AND modified_ms = ?',
      )
      .get(path, sizeBytes, modifiedMs) as { sha256: string } | undefined;
    return row?.sha256;
  }

  set(path: string, sizeBytes: number, modifiedMs: number, sha256: string): void {
    this.#database
      .prepare(
        'INSERT OR REPLACE INTO file_hashes (path, size_bytes, modified_ms, sha256) VALUES (?, ?, ?, ?)',
      )
      .run(path, sizeBytes, modifiedMs, sha256);
  }
}
