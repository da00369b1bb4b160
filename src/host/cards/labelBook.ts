import { invalidInput } from '../../protocol/errors.ts';
import { featureName } from '../../protocol/featureName.ts';
import type { FeatureRef } from '../../protocol/featurePanel.ts';
import { searchFeatures } from '../../protocol/indexSearch.ts';
import {
  changeList,
  type EffectiveLabel,
  type LabelChange,
  type LabelsFile,
  readLabels,
  writeLabels,
} from '../../protocol/labels.ts';
import type { Caller } from '../../protocol/request.ts';
import type { FeatureLabels } from '../features/featureLabels.ts';
import type { IndexList } from './indexList.ts';

export interface LabelBookPorts {
  readonly engine: Caller;
  readonly model: { readonly dir: string };
  readonly indexes: IndexList;
  /** Absolute path of the workspace's labels file; undefined while no folder is open. */
  readonly labelsPath: () => string | undefined;
}

const noLabels: LabelsFile = { labels: [], lists: [], problems: [] };
/** As many rows as the engine gives at once. */
const pageLength = 500;

/** Words for features: the person's own from the workspace's text file, and what indexes and imports say. */
export class LabelBook implements FeatureLabels {
  readonly #ports: LabelBookPorts;
  readonly #listeners = new Set<() => void>();
  #file: LabelsFile = noLabels;
  readonly #own = new Map<string, LabelChange>();
  #others = new Map<string, EffectiveLabel>();
  #reading: Promise<void> | undefined;
  #revision = 0;
  /** A reading that was begun before the newest one counts no more. */
  #readings = 0;

  constructor(ports: LabelBookPorts) {
    this.#ports = ports;
    ports.indexes.onDidChange(() => {
      this.forget();
    });
  }

  /** Grows with every change. */
  get revision(): number {
    return this.#revision;
  }

  get lists(): LabelsFile['lists'] {
    return this.#file.lists;
  }

  /** Lines of the file that could not be read. */
  get problems(): LabelsFile['problems'] {
    return this.#file.problems;
  }

  /** For requests that take the file: nothing while there is no place for one. */
  get place(): { readonly labelsPath?: string } {
    const labelsPath = this.#ports.labelsPath();
    return labelsPath === undefined ? {} : { labelsPath };
  }

  /** At once, for every row of a list; automatic ones are marked as such. */
  labelOf(feature: FeatureRef): string | undefined {
    this.#reading ??= this.#read();
    const name = featureName(feature);
    const own = this.#own.get(name)?.text;
    if (own) return own;
    const other = this.#others.get(name);
    return other?.source === 'automatic' ? `${other.text} (automatic)` : other?.text;
  }

  /** The own label; undefined when there is none. */
  async ownLabel(feature: FeatureRef): Promise<LabelChange | undefined> {
    await (this.#reading ??= this.#read());
    return this.#own.get(featureName(feature));
  }

  /** Own lists as the file has them now. */
  async readLists(): Promise<LabelsFile['lists']> {
    await (this.#reading ??= this.#read());
    return this.lists;
  }

  /** @throws `invalidInput` while no folder is open, or what the engine says */
  async change(changes: readonly LabelChange[]): Promise<void> {
    const file = await this.#ports.engine.request(writeLabels, { ...this.#place(), changes });
    this.#take(file);
    this.#tell();
  }

  /** Puts features on a list or takes them off. */
  async setList(name: string, features: readonly FeatureRef[], isMember: boolean): Promise<void> {
    const file = await this.#ports.engine.request(changeList, {
      ...this.#place(),
      ...{ name, features, isMember },
    });
    this.#take(file);
    this.#tell();
  }

  /** The file or what was imported is another one: it is read again when someone asks. */
  forget(): void {
    this.#reading = undefined;
    this.#tell();
  }

  /** The setting names another file: not one label of the one before is shown from now on. */
  forgetFile(): void {
    this.#readings++;
    this.#take(noLabels);
    this.forget();
  }

  onDidChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  #place(): { modelDir: string; labelsPath: string } {
    const labelsPath = this.#ports.labelsPath();
    if (labelsPath === undefined) {
      throw invalidInput(
        'Own labels and lists are kept in a text file of the workspace, and no folder is open. Open one first.',
      );
    }
    return { modelDir: this.#ports.model.dir, labelsPath };
  }

  #take(file: LabelsFile): void {
    this.#file = file;
    this.#own.clear();
    for (const { block, id, text, note } of file.labels) {
      this.#own.set(featureName({ block, id }), { feature: { block, id }, text, note });
    }
  }

  #hasOwn(): boolean {
    return this.#own.size > 0 || this.lists.length > 0;
  }

  /** Lists want labels at once, so what cannot be had is told elsewhere: by the command that needs it. */
  async #read(): Promise<void> {
    const labelsPath = this.#ports.labelsPath();
    const { engine, model } = this.#ports;
    const modelDir = model.dir;
    const reading = ++this.#readings;
    const hadOwn = this.#hasOwn();
    try {
      const file =
        labelsPath === undefined
          ? noLabels
          : await engine.request(readLabels, { modelDir, labelsPath });
      if (reading !== this.#readings) return;
      this.#take(file);
      if (hadOwn || this.#hasOwn()) this.#tell();
      if (await this.#readOthers(modelDir)) this.#tell();
    } catch {
      // Asked again after `forget`, which follows every recovery.
    }
  }

  /** Imported and automatic labels, page by page. @returns whether there are any */
  async #readOthers(modelDir: string): Promise<boolean> {
    const had = this.#others.size > 0;
    const found = new Map<string, EffectiveLabel>();
    if ((await this.#ports.indexes.inUse()).length > 0) {
      for (let offset = 0; ; offset += pageLength) {
        const { rows, totalCount } = await this.#ports.engine.request(searchFeatures, {
          ...{ modelDir, text: '', labelled: 'any', sort: 'id', offset, limit: pageLength },
        });
        for (const row of rows) if (row.label) found.set(featureName(row), row.label);
        if (rows.length === 0 || offset + rows.length >= totalCount) break;
      }
    }
    this.#others = found;
    return had || found.size > 0;
  }

  #tell(): void {
    this.#revision++;
    for (const listener of this.#listeners) listener();
  }
}
