import { DatabaseSync } from 'node:sqlite';

export interface LabelText {
  /** Number of the feature in the catalogue. */
  readonly feature: number;
  readonly label: string;
  readonly note: string;
}

export interface LabelHit {
  readonly feature: number;
  readonly in: 'label' | 'note';
}

/** Words of labels and notes, found by SQLite's full-text index (FTS5) in memory; accents and case do not matter. */
export class LabelSearch {
  readonly #database = new DatabaseSync(':memory:');

  constructor() {
    for (const table of ['own', 'others']) {
      this.#database.exec(
        `CREATE VIRTUAL TABLE ${table} USING fts5 (label, note, tokenize = 'unicode61 remove_diacritics 2')`,
      );
    }
  }

  /** Replaces what the person wrote, or all labels that come from elsewhere. */
  replace(table: 'own' | 'others', texts: Iterable<LabelText>): void {
    this.#database.exec(`BEGIN; DELETE FROM ${table}`);
    // The row's number says only that it is unique: a feature may have an imported and an automatic label.
    const put = this.#database.prepare(
      `INSERT INTO ${table} (rowid, label, note) VALUES (?, ?, ?)`,
    );
    let place = 0;
    for (const { feature, label, note } of texts) {
      put.run(BigInt(feature) * 2n ** 24n + BigInt(place++ % 2 ** 24), label, note);
    }
    this.#database.exec('COMMIT');
  }

  /** Features with a word in their labels or notes. @param isPrefix also longer words that begin with it */
  find(word: string, isPrefix: boolean): readonly LabelHit[] {
    const term = `"${word.replaceAll('"', '')}"${isPrefix ? ' *' : ''}`;
    return (['label', 'note'] as const).flatMap((column) =>
      (['own', 'others'] as const).flatMap((table) =>
        this.#database
          .prepare(`SELECT rowid >> 24 AS feature FROM ${table} WHERE ${table} MATCH ?`)
          .all(`${column} : ${term}`)
          .map(({ feature }) => ({ feature: Number(feature), in: column })),
      ),
    );
  }

  close(): void {
    this.#database.close();
  }
}
