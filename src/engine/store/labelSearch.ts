import { setImmediate } from 'node:timers/promises';
import { DatabaseSync, type StatementSync } from 'node:sqlite';

/** Rows written between two breaths of the event loop: some ms. */
const chunkSize = 256;

export interface LabelText {
  /** Number of the feature in the catalogue. */
  readonly feature: number;
  readonly label: string;
  readonly note: string;
}

/** Words of labels and notes, found by SQLite's full-text index (FTS5) in memory; accents and case do not matter. */
export class LabelSearch {
  readonly #database = new DatabaseSync(':memory:');

  readonly #statements: readonly StatementSync[];

  constructor() {
    for (const table of ['own', 'others']) {
      this.#database.exec(
        `CREATE VIRTUAL TABLE ${table} USING fts5 (label, note, tokenize = 'unicode61 remove_diacritics 2')`,
      );
    }
    this.#statements = ['own', 'others'].map((table) =>
      this.#database.prepare(
        `SELECT json_group_array(rowid >> 24) AS features FROM ${table} WHERE ${table} MATCH ?`,
      ),
    );
  }

  /** Replaces what the person wrote, or all labels that come from elsewhere. One call at a time. */
  async replace(table: 'own' | 'others', texts: readonly LabelText[]): Promise<void> {
    this.#database.exec(`BEGIN; DELETE FROM ${table}`);
    // The row's number says only that it is unique: a feature may have an imported and an automatic label.
    const put = this.#database.prepare(
      `INSERT INTO ${table} (rowid, label, note) VALUES (?, ?, ?)`,
    );
    for (const [place, { feature, label, note }] of texts.entries()) {
      put.run(BigInt(feature) * 2n ** 24n + BigInt(place % 2 ** 24), label, note);
      if (place % chunkSize === chunkSize - 1) await setImmediate();
    }
    this.#database.exec('COMMIT');
  }

  /** Features with a word in their labels, or in their notes. @param isPrefix also longer words that begin with it */
  find(column: 'label' | 'note', word: string, isPrefix: boolean): readonly number[] {
    const term = `${column} : "${word.replaceAll('"', '')}"${isPrefix ? ' *' : ''}`;
    // One row with all of them: thousands of row objects would take longer than the search.
    return this.#statements.flatMap((statement) => {
      const row = statement.get(term) as { features: string };
      return JSON.parse(row.features) as number[];
    });
  }

  close(): void {
    this.#database.close();
  }
}
