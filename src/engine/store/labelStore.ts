import { readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import { invalidInput } from '../../protocol/errors.ts';
import { inTransaction, openMigrated } from './database.ts';
import { fileError } from './fileError.ts';

/** Each entry brings the database from version `index` to `index + 1`. Never edit one that was released: append. */
const migrations: readonly string[] = [
  `CREATE TABLE imported_labels (
     sae TEXT NOT NULL,
     id INTEGER NOT NULL,
     label TEXT NOT NULL,
     category TEXT NOT NULL,
     confidence REAL,
     source TEXT NOT NULL,
     PRIMARY KEY (sae, id)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE blind_tests (
     sae TEXT NOT NULL,
     id INTEGER NOT NULL,
     label TEXT NOT NULL,
     made_at TEXT NOT NULL,
     balanced_accuracy REAL NOT NULL,
     low REAL NOT NULL,
     high REAL NOT NULL
   ) STRICT;
   CREATE INDEX blind_tests_by_feature ON blind_tests (sae, id);`,
];

const fileBytesMax = 32 * 2 ** 20;
const entriesMax = 200_000;
const entrySchema = z.object({
  id: z.int().nonnegative(),
  label: z.string().trim().min(1).max(200),
  category: z.string().trim().max(100).nullish(),
  confidence: z.number().min(0).max(1).nullish(),
});

export interface ImportedLabel {
  readonly id: number;
  readonly label: string;
  readonly category: string;
  readonly confidence: number | null;
}

export interface StoredImportedLabel extends ImportedLabel {
  /** Name of the file it came from. */
  readonly source: string;
}

/** Labels that were not written by the person, and how well labels did in blind tests. Key: SHA-256 of the SAE. */
export class LabelStore {
  readonly #database: DatabaseSync;

  constructor(storageDir: string) {
    this.#database = openMigrated(
      join(storageDir, 'labels.db'),
      migrations,
      'Cannot open the store of labels',
    );
  }

  imported(sae: string): readonly StoredImportedLabel[] {
    return this.#database
      .prepare(
        'SELECT id, label, category, confidence, source FROM imported_labels WHERE sae = ? ORDER BY id',
      )
      .all(sae) as unknown as StoredImportedLabel[];
  }

  /** All or nothing; a label that was imported before for the same feature is replaced. */
  import(sae: string, labels: readonly ImportedLabel[], source: string): void {
    inTransaction(this.#database, () => {
      const put = this.#database.prepare(
        'INSERT OR REPLACE INTO imported_labels VALUES (?, ?, ?, ?, ?, ?)',
      );
      for (const { id, label, category, confidence } of labels) {
        put.run(sae, id, label, category, confidence, source);
      }
    });
  }

  /** @returns how many there were */
  removeImported(sae: string): number {
    const { changes } = this.#database
      .prepare('DELETE FROM imported_labels WHERE sae = ?')
      .run(sae);
    return Number(changes);
  }

  keepBlindTest(
    sae: string,
    id: number,
    label: string,
    { value, low, high }: { readonly value: number; readonly low: number; readonly high: number },
  ): void {
    this.#database
      .prepare('INSERT INTO blind_tests VALUES (?, ?, ?, ?, ?, ?, ?)')
      .run(sae, id, label, new Date().toISOString(), value, low, high);
  }

  /** Balanced accuracy of the last blind test of each label of an SAE, by `id`, tab, `label`. */
  testedAccuracies(sae: string): ReadonlyMap<string, number> {
    const rows = this.#database
      .prepare(
        'SELECT id, label, balanced_accuracy AS accuracy FROM blind_tests WHERE sae = ? ORDER BY made_at',
      )
      .all(sae) as unknown as { id: number; label: string; accuracy: number }[];
    return new Map(rows.map(({ id, label, accuracy }) => [`${id}\t${label}`, accuracy]));
  }

  close(): void {
    this.#database.close();
  }
}

export interface ReadLabelSet {
  /** File name without folder. */
  readonly source: string;
  readonly labels: readonly ImportedLabel[];
  readonly refused: readonly { readonly index: number; readonly reason: string }[];
}

/**
 * Reads somebody's label set: JSON `[{id, label, category, confidence}]`. Entries that cannot be used are refused one by
 * one.
 *
 * @param nFeatures of the SAE that it is for
 * @throws `invalidInput` for a file that is too large, unreadable, no JSON or no list
 */
export function readLabelSet(path: string, nFeatures: number): ReadLabelSet {
  let json: unknown;
  try {
    const { size } = statSync(path);
    if (size > fileBytesMax) throw new Error(`it has ${size} bytes, at most ${fileBytesMax}`);
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw fileError(error, 'Cannot read the label set', path);
  }
  if (!Array.isArray(json) || json.length > entriesMax) {
    throw invalidInput(
      `"${path}" is no label set: a list of at most ${entriesMax} objects {id, label, category, confidence} is wanted.`,
    );
  }
  return { source: basename(path), ...labelEntries(json, nFeatures) };
}

/** Entries of a label set; those that cannot be used are refused one by one. */
export function labelEntries(
  json: readonly unknown[],
  nFeatures: number,
): Pick<ReadLabelSet, 'labels' | 'refused'> {
  const labels = new Map<number, ImportedLabel>();
  const refused: { index: number; reason: string }[] = [];
  json.forEach((entry: unknown, index) => {
    const parsed = entrySchema.safeParse(entry);
    const refuse = (reason: string): number => refused.push({ index, reason });
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      refuse(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
      return;
    }
    const { id, label, category, confidence } = parsed.data;
    if (id >= nFeatures) refuse(`there is no feature ${id}: the SAE has 0 ... ${nFeatures - 1}`);
    else if (labels.has(id)) refuse(`feature ${id} has a label already`);
    else labels.set(id, { id, label, category: category ?? '', confidence: confidence ?? null });
  });
  return { labels: [...labels.values()], refused };
}
