import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { invalidInput } from '../protocol/errors.ts';
import type { IndexSummary } from '../protocol/indexes.ts';
import type { LogRecord } from '../protocol/log.ts';
import { Catalogue } from './lens/catalogue/catalogue.ts';
import { findIndexes, findIndexesIn, type FoundIndex } from './lens/catalogue/findIndexes.ts';
import { findInstalledSaes, type InstalledSae } from './models/sae/installedSaes.ts';
import { LabelStore } from './store/labelStore.ts';

interface OpenCatalogue {
  readonly stamp: string;
  readonly catalogue: Promise<Catalogue>;
}

/** The indexes of each model that was asked for, read once and again when their files change. */
export class FeatureIndexes {
  readonly #storageDir: string;
  readonly #onLog: (record: LogRecord) => void;
  readonly #open = new Map<string, OpenCatalogue>();
  #labelStore: LabelStore | undefined;

  constructor(storageDir: string, onLog: (record: LogRecord) => void) {
    this.#storageDir = storageDir;
    this.#onLog = onLog;
  }

  /** @throws `invalidInput` when the storage cannot be written */
  get labelStore(): LabelStore {
    return (this.#labelStore ??= new LabelStore(this.#storageDir));
  }

  /** @throws `invalidInput` for a folder that is not there */
  async saesOf(modelDir: string): Promise<readonly InstalledSae[]> {
    const facts = await stat(modelDir).catch(() => undefined);
    if (!facts?.isDirectory()) throw invalidInput(`"${modelDir}" is no model folder.`);
    return findInstalledSaes(join(modelDir, 'saes'));
  }

  async list(modelDir: string): Promise<readonly FoundIndex[]> {
    const saes = await this.saesOf(modelDir);
    return findIndexes(modelDir, this.#storageDir, saes, (text) => {
      this.#onLog({ level: 'warn', room: 'engine', text });
    });
  }

  /** Indexes in one folder, also one that is not searched for any model. */
  async listIn(dir: string, modelDir: string): Promise<readonly IndexSummary[]> {
    const saes = await this.saesOf(modelDir);
    return (await findIndexesIn(dir, false, saes, () => undefined)).map(({ summary }) => summary);
  }

  /**
   * What is known of a model's features. Use it at once: after the next wait it may be another one.
   *
   * @param labelsPath file of own labels, read again when it changed
   */
  async catalogue(modelDir: string, labelsPath?: string): Promise<Catalogue> {
    const found = await this.list(modelDir);
    const used = found.filter(
      ({ stagePath }, i) => found.findIndex((other) => other.stagePath === stagePath) === i,
    );
    const order = (await this.saesOf(modelDir)).map(({ stagePath }) => stagePath);
    used.sort((a, b) => order.indexOf(a.stagePath) - order.indexOf(b.stagePath));
    const stamp = used.map((index) => index.stamp).join('\n');
    let open = this.#open.get(modelDir);
    if (open?.stamp !== stamp) {
      this.#close(modelDir);
      const catalogue = Catalogue.load(used, () => this.labelStore);
      open = { stamp, catalogue };
      this.#open.set(modelDir, open);
      catalogue.catch(() => this.#open.delete(modelDir));
    }
    const catalogue = await open.catalogue;
    await catalogue.labels.refresh(labelsPath);
    return catalogue;
  }

  /** Labels that are not the person's own have changed. */
  async invalidateLabels(): Promise<void> {
    for (const { catalogue } of this.#open.values()) (await catalogue).labels.invalidate();
  }

  /** Lets go of all files, so that they can be replaced. */
  closeAll(): void {
    for (const modelDir of [...this.#open.keys()]) this.#close(modelDir);
  }

  close(): void {
    this.closeAll();
    this.#labelStore?.close();
    this.#labelStore = undefined;
  }

  #close(modelDir: string): void {
    const open = this.#open.get(modelDir);
    this.#open.delete(modelDir);
    // One that could not be opened was reported to who asked for it.
    void open?.catalogue.then(
      (catalogue) => {
        catalogue.close();
      },
      () => undefined,
    );
  }
}
