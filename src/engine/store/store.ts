import type { DatabaseSync } from 'node:sqlite';
import { openDatabase } from './database.ts';
import { HashCache } from './hashCache.ts';
import { RunStore } from './runStore.ts';

/** The store's parts, opened on first use: a folder that cannot be written must not keep pictures from being made. */
export class Store {
  readonly #storageDir: string;
  #database: DatabaseSync | undefined;
  #runs: RunStore | undefined;

  constructor(storageDir: string) {
    this.#storageDir = storageDir;
  }

  /** @throws `invalidInput` when the folder cannot be used, each time it is asked for */
  get runs(): RunStore {
    return (this.#runs ??= new RunStore(this.#open(), this.#storageDir));
  }

  get hashes(): HashCache {
    return new HashCache(this.#open());
  }

  #open(): DatabaseSync {
    return (this.#database ??= openDatabase(this.#storageDir));
  }

  close(): void {
    this.#database?.close();
    this.#database = undefined;
    this.#runs = undefined;
  }
}
