import { basename } from 'node:path';
import type { EffectiveLabel } from '../../../protocol/labels.ts';
import { LabelSearch } from '../../store/labelSearch.ts';
import { labelFileStamp, readLabelFile } from '../../store/labelFile.ts';
import type { LabelDocument } from '../../store/labelLines.ts';
import type { LabelStore, StoredImportedLabel } from '../../store/labelStore.ts';
import type { IndexedBlock } from './indexedBlock.ts';

/** Digits of an SAE's SHA-256 that stand in a labels file. */
export const saeKeyOf = (sha256: string): string => sha256.slice(0, 12);

interface OwnLabel {
  readonly text: string;
  readonly note: string;
}

/** Where a block's features begin in the catalogue's numbers. */
export interface PlacedBlock {
  readonly block: IndexedBlock;
  readonly offset: number;
}

/** Labels of all features of a catalogue: from the person, from imported sets, from the model, from words of prompts. */
export class LabelTable {
  readonly search = new LabelSearch();
  readonly #blocks: readonly PlacedBlock[];
  readonly #store: () => LabelStore | undefined;
  #own = new Map<number, OwnLabel>();
  #lists = new Map<string, Set<number>>();
  #ownName = '';
  #ownStamp: string | undefined;
  #imported = new Map<number, StoredImportedLabel>();
  #tested = new Map<number, ReadonlyMap<string, number>>();
  #isFresh = false;
  #refreshing: Promise<void> = Promise.resolve();
  #alphabet: Float64Array | undefined;

  /** @param store opened on first use; undefined without a usable storage folder, then nothing was imported */
  constructor(blocks: readonly PlacedBlock[], store: () => LabelStore | undefined) {
    this.#blocks = blocks;
    this.#store = store;
  }

  /** Reads again what may have changed. @param labelsPath none: no own labels */
  refresh(labelsPath: string | undefined): Promise<void> {
    // One after another, whether or not the one before could read its file.
    this.#refreshing = this.#refreshing
      .catch(() => undefined)
      .then(() => this.#refresh(labelsPath));
    return this.#refreshing;
  }

  async #refresh(labelsPath: string | undefined): Promise<void> {
    if (!this.#isFresh) await this.#readOthers();
    const stamp =
      labelsPath === undefined ? 'none' : `${labelsPath} ${await labelFileStamp(labelsPath)}`;
    if (stamp === this.#ownStamp) return;
    const empty: LabelDocument = { lines: [], lineEnd: '\n' };
    const document = labelsPath === undefined ? empty : await readLabelFile(labelsPath);
    await this.#readOwn(document, labelsPath ?? '');
    this.#ownStamp = stamp;
  }

  /** After an import or a blind test. */
  invalidate(): void {
    this.#isFresh = false;
  }

  async #readOwn({ lines }: LabelDocument, labelsPath: string): Promise<void> {
    const offsets = new Map(
      this.#blocks.map((placed) => [
        `${placed.block.summary.block}/${saeKeyOf(placed.block.summary.saeSha256)}`,
        placed,
      ]),
    );
    this.#own = new Map();
    this.#lists = new Map();
    this.#ownName = basename(labelsPath);
    for (const line of lines) {
      if (line.kind === 'other') continue;
      const placed = offsets.get(`${line.block}/${line.sae}`);
      if (!placed || line.id >= placed.block.nFeatures) continue;
      const feature = placed.offset + line.id;
      if (line.kind === 'label') this.#own.set(feature, { text: line.text, note: line.note });
      else {
        const members = this.#lists.get(line.name) ?? new Set();
        this.#lists.set(line.name, members.add(feature));
      }
    }
    const texts = [...this.#own].map(([feature, { text, note }]) => ({
      feature,
      label: text,
      note,
    }));
    await this.search.replace('own', texts);
    this.#alphabet = undefined;
  }

  async #readOthers(): Promise<void> {
    // An import meanwhile asks for the next reading.
    this.#isFresh = true;
    const store = this.#store();
    this.#imported = new Map();
    this.#tested = new Map();
    const texts: { feature: number; label: string; note: string }[] = [];
    for (const { block, offset } of this.#blocks) {
      const { saeSha256 } = block.summary;
      for (const label of store?.imported(saeSha256) ?? []) {
        if (label.id >= block.nFeatures) continue;
        this.#imported.set(offset + label.id, label);
        texts.push({ feature: offset + label.id, label: label.label, note: label.category });
      }
      for (const { id, label, category } of block.shipped?.labels.values() ?? []) {
        texts.push({ feature: offset + id, label, note: category });
      }
      block.automatic.forEach((automatic, id) => {
        if (automatic) texts.push({ feature: offset + id, label: automatic.text, note: '' });
      });
      if (store) this.#tested.set(offset, store.testedAccuracies(saeSha256));
    }
    await this.search.replace('others', texts);
    this.#alphabet = undefined;
  }

  /** The text that is shown for a feature; undefined without any label. */
  textOf({ block, offset }: PlacedBlock, id: number): string | undefined {
    const own = this.#own.get(offset + id)?.text;
    const other = this.#imported.get(offset + id) ?? block.shipped?.labels.get(id);
    return own || (other?.label ?? block.automatic[id]?.text);
  }

  /** Place of each feature's label in the alphabet, by number of the feature; without a label: how many features there are. */
  alphabet(): Float64Array {
    if (this.#alphabet) return this.#alphabet;
    const texts: { readonly feature: number; readonly text: string }[] = [];
    let size = 0;
    for (const placed of this.#blocks) {
      for (let id = 0; id < placed.block.nFeatures; id++) {
        const text = this.textOf(placed, id);
        if (text !== undefined) texts.push({ feature: size + id, text: text.toLowerCase() });
      }
      size += placed.block.nFeatures;
    }
    texts.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
    const ranks = new Float64Array(size).fill(size);
    let rank = 0;
    texts.forEach(({ feature, text }, i) => {
      if (i > 0 && texts[i - 1]!.text !== text) rank = i;
      ranks[feature] = rank;
    });
    return (this.#alphabet = ranks);
  }

  sourceOf({ block, offset }: PlacedBlock, id: number): EffectiveLabel['source'] | undefined {
    if (this.#own.get(offset + id)?.text) return 'own';
    if (this.#imported.has(offset + id)) return 'imported';
    if (block.shipped?.labels.has(id)) return 'shipped';
    return block.automatic[id] ? 'automatic' : undefined;
  }

  /** Every label of a feature, own before imported before shipped before automatic; a note without a label counts as own. */
  labelsOf({ block, offset }: PlacedBlock, id: number): readonly EffectiveLabel[] {
    const labels: EffectiveLabel[] = [];
    const tested = (text: string): number | undefined =>
      this.#tested.get(offset)?.get(`${id}\t${text}`);
    const own = this.#own.get(offset + id);
    if (own) {
      const { text, note } = own;
      const confidence = tested(text) ?? null;
      const provenance = this.#ownName;
      labels.push({ source: 'own', text, note, category: '', confidence, provenance });
    }
    const imported = this.#imported.get(offset + id);
    if (imported) {
      const { label, category, confidence, source } = imported;
      const provenance = `imported from ${source}`;
      labels.push({ source: 'imported', text: label, note: '', category, confidence, provenance });
    }
    const shipped = block.shipped?.labels.get(id);
    if (block.shipped && shipped) {
      const { label, category, confidence } = shipped;
      const { provenance } = block.shipped;
      labels.push({ source: 'shipped', text: label, note: '', category, confidence, provenance });
    }
    const automatic = block.automatic[id];
    if (automatic) {
      const { text, confidence } = automatic;
      const provenance = 'words of prompts';
      labels.push({ source: 'automatic', text, note: '', category: '', confidence, provenance });
    }
    return labels;
  }

  /** The label that wins; null without any. */
  effective(placed: PlacedBlock, id: number): EffectiveLabel | null {
    return this.labelsOf(placed, id).find(({ text }) => text !== '') ?? null;
  }

  listsOf(feature: number): readonly string[] {
    return [...this.#lists].flatMap(([name, members]) => (members.has(feature) ? [name] : []));
  }

  membersOf(list: string): ReadonlySet<number> {
    return this.#lists.get(list) ?? new Set();
  }

  close(): void {
    this.search.close();
  }
}
