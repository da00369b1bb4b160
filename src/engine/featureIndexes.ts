import type { IndexSummary } from '../protocol/indexes.ts';
import type { LogRecord } from '../protocol/log.ts';
import { Catalogue } from './lens/catalogue/catalogue.ts';
import { findIndexes, findIndexesIn, type FoundIndex } from './lens/catalogue/findIndexes.ts';
import type { ObservedMaxima } from './lens/intervene/amounts.ts';
import type { InstalledSae } from './models/sae/installedSaes.ts';
import { LabelStore } from './store/labelStore.ts';

export interface FeatureIndexesPorts {
  readonly storageDir: string;
  /** The SAEs in use, by model folder. @throws `invalidInput` for a folder that is no model */
  readonly saesOf: (modelDir: string) => Promise<readonly InstalledSae[]>;
  readonly onLog: (record: LogRecord) => void;
}

/** Files are looked at again after so long: a search with every key that is typed does not have to. */
const freshMs = 1000;

interface OpenCatalogue {
  readonly stamp: string;
  checkedMs: number;
  readonly catalogue: Promise<Catalogue>;
}

/** The indexes of each model that was asked for, read once and again when their files change. */
export class FeatureIndexes {
  readonly #ports: FeatureIndexesPorts;
  readonly #open = new Map<string, OpenCatalogue>();
  #labelStore: LabelStore | undefined;

  constructor(ports: FeatureIndexesPorts) {
    this.#ports = ports;
  }

  /** @throws `invalidInput` when the storage cannot be written */
  get labelStore(): LabelStore {
    return (this.#labelStore ??= new LabelStore(this.#ports.storageDir));
  }

  saesOf(modelDir: string): Promise<readonly InstalledSae[]> {
    return this.#ports.saesOf(modelDir);
  }

  async list(modelDir: string): Promise<readonly FoundIndex[]> {
    return this.#find(modelDir, await this.saesOf(modelDir));
  }

  #find(modelDir: string, saes: readonly InstalledSae[]): Promise<readonly FoundIndex[]> {
    return findIndexes(modelDir, this.#ports.storageDir, saes, this.#warn);
  }

  readonly #warn = (text: string): void => {
    this.#ports.onLog({ level: 'warn', room: 'engine', text });
  };

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
    for (;;) {
      const open = await this.#openFor(modelDir);
      const catalogue = await open.catalogue;
      await catalogue.labels.refresh(labelsPath);
      // It may have been closed while the labels were read.
      if (this.#open.get(modelDir) === open) return catalogue;
    }
  }

  /** The largest codes that a model's indexes have observed: what "× observed maximum" means. */
  async maxima(modelDir: string): Promise<ObservedMaxima> {
    const { blocks } = await (await this.#openFor(modelDir)).catalogue;
    return {
      maxOf: (saeSha256, feature) => {
        const placed = blocks.find(({ block }) => block.summary.saeSha256 === saeSha256);
        const max = placed?.block.max[feature] ?? 0;
        return max > 0 ? max : undefined;
      },
    };
  }

  async #openFor(modelDir: string): Promise<OpenCatalogue> {
    const open = this.#open.get(modelDir);
    if (open && Date.now() - open.checkedMs < freshMs) return open;
    const saes = await this.saesOf(modelDir);
    const found = await this.#find(modelDir, saes);
    const order = saes.map(({ stagePath }) => stagePath);
    const used = found
      .filter((index, i) => found.findIndex((each) => each.stagePath === index.stagePath) === i)
      .sort((a, b) => order.indexOf(a.stagePath) - order.indexOf(b.stagePath));
    const stamp = used.map((index) => index.stamp).join('\n');
    // Another request may have opened it meanwhile.
    const now = this.#open.get(modelDir);
    if (now?.stamp === stamp) {
      now.checkedMs = Date.now();
      return now;
    }
    this.#close(modelDir);
    const catalogue = Catalogue.load(used, () => this.#usableLabelStore(), this.#warn);
    const opened = { stamp, checkedMs: Date.now(), catalogue };
    this.#open.set(modelDir, opened);
    catalogue.catch(() => this.#open.delete(modelDir));
    return opened;
  }

  /** Cards and search do without imported labels when the storage cannot be written. */
  #usableLabelStore(): LabelStore | undefined {
    try {
      return this.labelStore;
    } catch (error) {
      this.#warn((error as Error).message);
      return undefined;
    }
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
