import { renameSync, rmSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import * as z from 'zod';
import { modelError } from '../../protocol/errors.ts';
import { inTransaction, openMigrated, versionOf } from './database.ts';
import { fileError } from './fileError.ts';

/** Each entry brings an index from version `index` to `index + 1`. Never edit one that was released: append. */
const migrations: readonly string[] = [
  `CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE features (
     id INTEGER PRIMARY KEY,
     active_samples REAL NOT NULL,
     strength_sum REAL NOT NULL,
     strength_squares REAL NOT NULL,
     strength_max REAL NOT NULL,
     active_pictures REAL NOT NULL,
     picture_sum REAL NOT NULL,
     picture_squares REAL NOT NULL,
     words TEXT NOT NULL,
     automatic_label TEXT,
     automatic_confidence REAL,
     best BLOB,
     detail BLOB
   ) STRICT;
   CREATE TABLE pictures (
     picture INTEGER PRIMARY KEY,
     prompt TEXT NOT NULL,
     seed INTEGER NOT NULL,
     file TEXT
   ) STRICT;
   CREATE TABLE build_state (name TEXT PRIMARY KEY, data BLOB NOT NULL) STRICT;
   CREATE TABLE build_maps (
     feature INTEGER NOT NULL,
     picture INTEGER NOT NULL,
     step INTEGER NOT NULL,
     map BLOB NOT NULL,
     PRIMARY KEY (feature, picture, step)
   ) STRICT, WITHOUT ROWID;`,
];

/** One feature as it is stored. What `best` and `detail` hold: featureDetail.ts. */
export interface StoredFeature {
  readonly id: number;
  readonly active_samples: number;
  readonly strength_sum: number;
  readonly strength_squares: number;
  readonly strength_max: number;
  readonly active_pictures: number;
  readonly picture_sum: number;
  readonly picture_squares: number;
  /** Those that tell most about it, separated by spaces, best first. */
  readonly words: string;
  readonly automatic_label: string | null;
  readonly automatic_confidence: number | null;
  readonly best: Uint8Array | null;
  readonly detail: Uint8Array | null;
}

export interface StoredPicture {
  readonly picture: number;
  readonly prompt: string;
  readonly seed: number;
  /** Name in `pictures/`. */
  readonly file: string | null;
}

const columns = [
  ...['id', 'active_samples', 'strength_sum', 'strength_squares', 'strength_max'],
  ...['active_pictures', 'picture_sum', 'picture_squares', 'words', 'automatic_label'],
  ...['automatic_confidence', 'best', 'detail'],
] as const;

const buildingPath = (path: string): string => path.replace(/\.db$/, '.building.db');

/**
 * An index while it is made: beside its final place, in write-ahead mode, so that a kill at any moment leaves what was
 * last acknowledged. `publish` turns it into one plain file that can be read from a read-only folder.
 */
export class IndexBuild {
  readonly #database: DatabaseSync;
  readonly #path: string;

  /** @param path of the finished index, ending with `.db` */
  constructor(path: string) {
    this.#path = path;
    this.#database = openMigrated(buildingPath(path), migrations, 'Cannot make the index');
  }

  get meta(): Readonly<Record<string, string>> {
    return readMeta(this.#database);
  }

  /** Forgets everything that an earlier attempt left. */
  clear(): void {
    inTransaction(this.#database, () => {
      for (const table of ['meta', 'features', 'pictures', 'build_state', 'build_maps']) {
        this.#database.exec(`DELETE FROM ${table}`);
      }
    });
  }

  /** Replaces arrays and facts in one transaction: all of it is on disk, or none. */
  acknowledge(
    arrays: Readonly<Record<string, NodeJS.ArrayBufferView>>,
    facts: Readonly<Record<string, string>>,
  ): void {
    inTransaction(this.#database, () => {
      const put = this.#database.prepare('INSERT OR REPLACE INTO build_state VALUES (?, ?)');
      for (const [name, array] of Object.entries(arrays)) put.run(name, bytesOf(array));
      this.#putMeta(facts);
    });
  }

  array(name: string): Uint8Array | undefined {
    const row = this.#database.prepare('SELECT data FROM build_state WHERE name = ?').get(name) as
      { data: Uint8Array } | undefined;
    return row?.data;
  }

  /** Maps of examples, in one transaction with how far the work has come. */
  addMaps(
    maps: readonly {
      readonly feature: number;
      readonly picture: number;
      readonly step: number;
      readonly map: Uint8Array;
    }[],
    facts: Readonly<Record<string, string>>,
  ): void {
    inTransaction(this.#database, () => {
      const put = this.#database.prepare('INSERT OR REPLACE INTO build_maps VALUES (?, ?, ?, ?)');
      for (const { feature, picture, step, map } of maps) put.run(feature, picture, step, map);
      this.#putMeta(facts);
    });
  }

  map(feature: number, picture: number, step: number): Uint8Array | undefined {
    const row = this.#database
      .prepare('SELECT map FROM build_maps WHERE feature = ? AND picture = ? AND step = ?')
      .get(feature, picture, step) as { map: Uint8Array } | undefined;
    return row?.map;
  }

  /** Writes everything that a reader sees, in one transaction; half-made state ends with it. */
  write(
    features: Iterable<StoredFeature>,
    pictures: Iterable<StoredPicture>,
    facts: Readonly<Record<string, string>>,
  ): void {
    inTransaction(this.#database, () => {
      const place = columns.map(() => '?').join(', ');
      const putFeature = this.#database.prepare(
        `INSERT INTO features (${columns.join(', ')}) VALUES (${place})`,
      );
      for (const feature of features) {
        putFeature.run(...columns.map((column): SQLInputValue => feature[column]));
      }
      const putPicture = this.#database.prepare('INSERT INTO pictures VALUES (?, ?, ?, ?)');
      for (const { picture, prompt, seed, file } of pictures) {
        putPicture.run(picture, prompt, seed, file);
      }
      this.#putMeta(facts);
      this.#database.exec('DELETE FROM build_state; DELETE FROM build_maps');
    });
  }

  /** Moves what was written to its place, as one plain file. An index that was there is replaced. */
  publish(): void {
    const plain = `${this.#path}.new`;
    try {
      rmSync(plain, { force: true });
      this.#database.prepare('VACUUM INTO ?').run(plain);
      this.close();
      renameSync(plain, this.#path);
      removeFiles(buildingPath(this.#path));
    } catch (error) {
      throw fileError(error, 'Cannot finish the index', this.#path);
    }
  }

  #putMeta(facts: Readonly<Record<string, string>>): void {
    const put = this.#database.prepare('INSERT OR REPLACE INTO meta VALUES (?, ?)');
    for (const [key, value] of Object.entries(facts)) put.run(key, value);
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}

/** A finished index, read-only: it may lie inside an installed extension. Its content is data that somebody made. */
export class IndexReader {
  readonly path: string;
  readonly meta: Readonly<Record<string, string>>;
  readonly #database: DatabaseSync;

  /** @throws `model` for a file that is no index of a version that we know */
  constructor(path: string) {
    this.path = path;
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(path, { readOnly: true });
      // A hostile file must not run code through its schema, nor be believed where pages contradict each other.
      database.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;');
      const version = versionOf(database);
      if (version < 1 || version > migrations.length) {
        throw new Error(`it has version ${version}; this Featurescope reads 1`);
      }
      this.meta = readMeta(database);
      this.#database = database;
    } catch (error) {
      database?.close();
      throw modelError(`"${path}" is no readable index: ${(error as Error).message}.`, {
        cause: error,
      });
    }
  }

  /** Features from `from` to before `to`, with words and figures; without `detail`. */
  figures(from: number, to: number): readonly Omit<StoredFeature, 'detail' | 'best'>[] {
    const wanted = columns.filter((column) => column !== 'detail' && column !== 'best');
    return this.#database
      .prepare(`SELECT ${wanted.join(', ')} FROM features WHERE id >= ? AND id < ? ORDER BY id`)
      .all(from, to)
      .map((row) => figuresSchema.parse(row));
  }

  best(id: number): Uint8Array | null {
    const row = this.#prepared('SELECT best FROM features WHERE id = ?').get(id);
    return row === undefined ? null : blobSchema.parse(row['best']);
  }

  detail(id: number): Uint8Array | null {
    const row = this.#prepared('SELECT detail FROM features WHERE id = ?').get(id);
    return row === undefined ? null : blobSchema.parse(row['detail']);
  }

  picture(picture: number): StoredPicture | undefined {
    const row = this.#prepared('SELECT * FROM pictures WHERE picture = ?').get(picture);
    return row && pictureSchema.parse(row);
  }

  readonly #statements = new Map<string, StatementSync>();

  #prepared(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) this.#statements.set(sql, (statement = this.#database.prepare(sql)));
    return statement;
  }

  /** Names in `pictures/` that this index shows. */
  files(): readonly string[] {
    return this.#database
      .prepare('SELECT file FROM pictures WHERE file IS NOT NULL')
      .all()
      .map((row) => fileSchema.parse(row['file']));
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}

/** A plain name: what an index says never becomes a path elsewhere. */
const fileSchema = z.string().regex(/^\d{1,9}\.(png|webp|jpg)$/);
const blobSchema = z.instanceof(Uint8Array).nullable();
const finite = z.number().refine(Number.isFinite);
const figuresSchema = z.object({
  id: z.int().nonnegative(),
  active_samples: finite,
  strength_sum: finite,
  strength_squares: finite,
  strength_max: finite,
  active_pictures: finite,
  picture_sum: finite,
  picture_squares: finite,
  words: z.string(),
  automatic_label: z.string().max(200).nullable(),
  automatic_confidence: finite.nullable(),
});
const pictureSchema = z.object({
  picture: z.int().nonnegative(),
  prompt: z.string(),
  seed: z.int().nonnegative(),
  file: fileSchema.nullable(),
});

const readMeta = (database: DatabaseSync): Readonly<Record<string, string>> =>
  Object.fromEntries(
    database
      .prepare('SELECT key, value FROM meta')
      .all()
      .map(({ key, value }) => [String(key), String(value)]),
  );

const bytesOf = (view: NodeJS.ArrayBufferView): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

/** Removes an index, finished or not. */
export function removeIndexFiles(path: string): void {
  removeFiles(buildingPath(path));
  removeFiles(path);
}

function removeFiles(path: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
}
