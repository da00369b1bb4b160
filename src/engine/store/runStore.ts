import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { writeWhole } from '../files/writeWhole.ts';
import type { Picture, RunSummary, StoreUsage } from '../../protocol/engine.ts';
import { invalidInput } from '../../protocol/errors.ts';
import type { RunManifest } from '../../protocol/manifest.ts';
import { inTransaction } from './database.ts';
import { fileError } from './fileError.ts';
import { decodePng, encodePng, parseManifest } from './picturePng.ts';

interface RunRow {
  readonly run_id: string;
  readonly manifest: string;
  readonly size_bytes: number;
}

/**
 * Every kept run: a PNG that carries its manifest, and a row that finds it. The PNGs are the truth: rows that are
 * missing are made again from them (`recover`).
 */
export class RunStore {
  readonly #database: DatabaseSync;
  readonly #dir: string;

  constructor(database: DatabaseSync, storageDir: string) {
    this.#database = database;
    this.#dir = join(storageDir, 'runs');
    try {
      mkdirSync(this.#dir, { recursive: true });
    } catch (error) {
      throw fileError(error, 'Cannot create the folder', this.#dir);
    }
    this.#recover();
  }

  /**
   * Writes the readings, then the PNG, then the row: a crash between leaves a picture that `recover` finds.
   *
   * @param readings what the SAEs read, as a safetensors file; empty without SAEs
   */
  async keep(picture: Picture, manifest: RunManifest, readings: Uint8Array): Promise<RunSummary> {
    const runId = newRunId(manifest.createdAt);
    const png = encodePng(picture, manifest);
    const pngPath = this.#path(runId, 'png');
    try {
      if (readings.length > 0) {
        await writeWhole(this.readingsPath(runId), readings);
      }
      await writeWhole(pngPath, png);
    } catch (error) {
      throw fileError(error, 'Cannot keep the run in', pngPath);
    }
    const sizeBytes = png.byteLength + readings.byteLength;
    this.#insert(runId, manifest, sizeBytes);
    return { runId, manifest, pngPath, sizeBytes };
  }

  /** Where a run's readings lie, if it has any. */
  readingsPath(runId: string): string {
    return this.#path(runId, 'safetensors');
  }

  /** @throws `invalidInput` for a run without readings, and a place that cannot be written */
  async copyReadings(runId: string, path: string): Promise<void> {
    try {
      await copyFile(this.readingsPath(runId), path);
    } catch (error) {
      throw fileError(error, 'Cannot write the readings to', path);
    }
  }

  /** Newest first. @param beforeRunId pages on after this run */
  list(limit: number, beforeRunId?: string): RunSummary[] {
    const rows = this.#database
      .prepare(
        `SELECT run_id, manifest, size_bytes FROM runs
         WHERE deleted_at IS NULL AND run_id < ? ORDER BY run_id DESC LIMIT ?`,
      )
      .all(beforeRunId ?? '~', limit) as unknown as RunRow[];
    return rows.map((row) => this.#summary(row));
  }

  open(runId: string): { run: RunSummary; picture: Picture } {
    const row = this.#database
      .prepare('SELECT run_id, manifest, size_bytes FROM runs WHERE run_id = ?')
      .get(runId) as unknown as RunRow | undefined;
    if (!row)
      throw invalidInput(`The run "${runId}" is not in the store; it may have been removed.`);
    const run = this.#summary(row);
    return { run, picture: decodePng(readPicture(run.pngPath)).picture };
  }

  /** Hides runs; their files stay until the next clean-up. */
  delete(runIds: readonly string[]): void {
    const now = new Date().toISOString();
    const statement = this.#database.prepare(
      'UPDATE runs SET deleted_at = ? WHERE run_id = ? AND deleted_at IS NULL',
    );
    inTransaction(this.#database, () => {
      for (const runId of runIds) statement.run(now, runId);
    });
  }

  restore(runIds: readonly string[]): void {
    const statement = this.#database.prepare('UPDATE runs SET deleted_at = NULL WHERE run_id = ?');
    inTransaction(this.#database, () => {
      for (const runId of runIds) statement.run(runId);
    });
  }

  /** Removes deleted runs for good, then the oldest until the rest fits. @returns how many were removed */
  cleanUp(quotaBytes: number): number {
    const rows = this.#database
      .prepare('SELECT run_id, size_bytes, deleted_at FROM runs ORDER BY run_id DESC')
      .all() as unknown as { run_id: string; size_bytes: number; deleted_at: string | null }[];
    let keptBytes = 0;
    const doomed = rows.filter((row) => {
      if (row.deleted_at !== null) return true;
      keptBytes += row.size_bytes;
      return keptBytes > quotaBytes;
    });
    const statement = this.#database.prepare('DELETE FROM runs WHERE run_id = ?');
    for (const { run_id: runId } of doomed) {
      rmSync(this.#path(runId, 'png'), { force: true });
      rmSync(this.readingsPath(runId), { force: true });
      statement.run(runId);
    }
    return doomed.length;
  }

  /** @param quotaBytes passed through so that a panel can show "used of allowed" */
  usage(quotaBytes: number): StoreUsage {
    const row = this.#database
      .prepare(
        `SELECT count(*) FILTER (WHERE deleted_at IS NULL) AS runs, coalesce(sum(size_bytes), 0) AS bytes FROM runs`,
      )
      .get() as unknown as { runs: number; bytes: number };
    return { dir: this.#dir, runCount: row.runs, sizeBytes: row.bytes, quotaBytes };
  }

  #recover(): void {
    const known = new Set(
      (this.#database.prepare('SELECT run_id FROM runs').all() as { run_id: string }[]).map(
        (row) => row.run_id,
      ),
    );
    for (const file of readdirSync(this.#dir)) {
      const runId = /^(run-[\w-]+)\.png$/.exec(file)?.[1];
      if (runId === undefined || known.has(runId)) continue;
      try {
        const bytes = readFileSync(join(this.#dir, file));
        this.#insert(runId, decodePng(bytes).manifest, statSync(join(this.#dir, file)).size);
      } catch {
        // A foreign or half-written file in our folder: it stays where it is and is not listed.
      }
    }
  }

  #insert(runId: string, manifest: RunManifest, sizeBytes: number): void {
    this.#database
      .prepare(
        'INSERT OR IGNORE INTO runs (run_id, created_at, manifest, size_bytes) VALUES (?, ?, ?, ?)',
      )
      .run(runId, manifest.createdAt, JSON.stringify(manifest), sizeBytes);
  }

  #summary(row: RunRow): RunSummary {
    return {
      runId: row.run_id,
      manifest: parseManifest(row.manifest),
      pngPath: this.#path(row.run_id, 'png'),
      sizeBytes: row.size_bytes,
    };
  }

  /** Run ids come from panels: one that is not of our shape never becomes a path. */
  #path(runId: string, extension: 'png' | 'safetensors'): string {
    if (!/^run-[\w-]+$/.test(runId)) throw invalidInput(`"${runId}" is not a run id.`);
    return join(this.#dir, `${runId}.${extension}`);
  }
}

/** Sorts by time; the tail keeps two windows from meeting in one millisecond. */
const newRunId = (createdAt: string): string =>
  `run-${createdAt.replace(/\D/g, '')}-${randomBytes(3).toString('hex')}`;

function readPicture(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw fileError(error, 'Cannot read the picture', path);
  }
}
