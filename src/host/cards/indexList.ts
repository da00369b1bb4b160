import { type IndexSummary, listIndexes } from '../../protocol/indexes.ts';
import type { Caller } from '../../protocol/request.ts';

/** The indexes of the current model's SAEs; read once for each model and again after a change. */
export class IndexList {
  readonly #engine: Caller;
  readonly #model: { readonly dir: string };
  readonly #listeners = new Set<() => void>();
  #read: { readonly dir: string; readonly list: Promise<readonly IndexSummary[]> } | undefined;

  constructor(engine: Caller, model: { readonly dir: string }) {
    this.#engine = engine;
    this.#model = model;
  }

  /** Finished ones, one a block: the newest. @throws what the engine says */
  async inUse(): Promise<readonly IndexSummary[]> {
    const { dir } = this.#model;
    if (this.#read?.dir !== dir) {
      const list = this.#engine.request(listIndexes, { modelDir: dir });
      const read = { dir, list };
      this.#read = read;
      list.catch(() => {
        if (this.#read === read) this.#read = undefined;
      });
    }
    const finished = (await this.#read.list).filter(({ finishedAt }) => finishedAt !== null);
    return finished.filter(
      ({ block }, at) => finished.findIndex((one) => one.block === block) === at,
    );
  }

  async has(block: string): Promise<boolean> {
    return (await this.inUse()).some((one) => one.block === block);
  }

  /** An index was made or removed, or the model is another one. */
  forget(): void {
    this.#read = undefined;
    for (const listener of this.#listeners) listener();
  }

  onDidChange(listener: () => void): void {
    this.#listeners.add(listener);
  }
}
