import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelFolder } from './models/modelFolder.ts';
import type { ModelSaes } from './modelSaes.ts';

/** File systems tell times in steps of up to two seconds (FAT): what changed within them may change again unseen. */
const settledMs = 3000;

interface Known {
  readonly dir: string;
  readonly saes: ModelSaes;
  readonly stamp: string;
}

/**
 * The SAEs of the model that was asked for last, read anew only when a folder or a manifest has changed: other windows
 * import, remove and choose by renames and by files of their own, and each of them changes its folder's time.
 */
export class SaeMemory {
  readonly #read: (folder: ModelFolder) => Promise<ModelSaes>;
  readonly #now: () => number;
  #known: Known | undefined;

  /** @param now clock of the file system, in ms */
  constructor(read: (folder: ModelFolder) => Promise<ModelSaes>, now = Date.now) {
    this.#read = read;
    this.#now = now;
  }

  /** @throws as `readModelSaes` */
  async saesOf(folder: ModelFolder): Promise<ModelSaes> {
    const known = this.#known;
    if (known?.dir === folder.dir) {
      const { stamp } = await stampOf(folder, known.saes);
      if (stamp === known.stamp) return known.saes;
    }
    this.#known = undefined;
    const startedAtMs = this.#now();
    const saes = await this.#read(folder);
    const { stamp, changedMs } = await stampOf(folder, saes);
    const isSettled = changedMs < startedAtMs - settledMs && saes.broken.length === 0;
    if (isSettled) this.#known = { dir: folder.dir, saes, stamp };
    return saes;
  }
}

async function stampOf(
  folder: ModelFolder,
  { library, saes }: ModelSaes,
): Promise<{ readonly stamp: string; readonly changedMs: number }> {
  const paths = [
    join(folder.dir, 'saes'),
    join(library.dir, 'installed'),
    join(library.dir, 'chosen'),
    ...saes.map((sae) => join(sae.folder, 'sae.json')),
    // Weights that were exchanged under the same model id leave imported SAEs unused.
    ...folder.files.filter(({ name }) => name.startsWith('unet/')).map(({ path }) => path),
  ];
  const facts = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)));
  return {
    stamp: facts
      .map((fact) => (fact ? [fact.ino, fact.size, fact.mtimeMs, fact.ctimeMs].join(' ') : '-'))
      .join('\n'),
    changedMs: Math.max(
      0,
      ...facts.map((fact) => (fact ? Math.max(fact.mtimeMs, fact.ctimeMs) : 0)),
    ),
  };
}
