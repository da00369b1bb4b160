import type { FeatureRef } from '../../protocol/featurePanel.ts';
import type { BlockDescription, BlockReading } from '../../protocol/features.ts';
import type { Problem } from '../../protocol/resultPanel.ts';
import type { CurrentModel } from '../currentModel.ts';
import type { Report } from '../report.ts';
import {
  type BlockRow,
  blockRows,
  type FeatureMode,
  featureModes,
  type FeatureRow,
  featureRows,
  type FeatureSort,
  featureSorts,
} from './blockRows.ts';
import type { CurrentPicture } from './currentPicture.ts';
import type { FeatureChoice, ChoiceStore } from './featureChoice.ts';
import type { FeatureFilter } from './featureFilter.ts';
import type { FeatureLabels } from './featureLabels.ts';
import type { ModelBlocks } from './modelBlocks.ts';
import type { RunReadings } from './runReadings.ts';

/** A block's features beyond this many wait for "Load more". */
const pageLength = 200;
const modeKey = 'featureMode';
const sortKey = 'featureSort';

/** Which rows there are is news, or only what the same rows say. */
export type BlockListChange = 'rows' | 'labels';

export interface BlockListPorts {
  readonly model: CurrentModel;
  readonly modelBlocks: ModelBlocks;
  readonly report: Report;
  readonly current: CurrentPicture;
  readonly choice: FeatureChoice;
  readonly readings: RunReadings;
  readonly labels: FeatureLabels;
  /** Where mode and order outlive the window; what is kept there and is neither counts as nothing. */
  readonly store: ChoiceStore;
}

/** What is known of the blocks, whatever step is looked at. */
interface ReadBlocks {
  readonly described: readonly BlockDescription[];
  readonly readings: readonly BlockReading[];
}

/** What the tree "Blocks & Features" shows: blocks of the model, and what they did in the current picture. */
export class BlockList {
  readonly #ports: BlockListPorts;
  readonly #onChange: (change: BlockListChange) => void;
  readonly #limits = new Map<string, number>();
  #mode: FeatureMode;
  #sort: FeatureSort;
  #filterText = '';
  #filter: FeatureFilter;
  #read: { readonly key: string; readonly blocks: Promise<ReadBlocks> } | undefined;
  #rows:
    | { readonly of: ReadBlocks; readonly stepIndex: number; readonly rows: readonly BlockRow[] }
    | undefined;
  #title = '';
  #problem: Problem | undefined;

  constructor(ports: BlockListPorts, onChange: (change: BlockListChange) => void) {
    this.#ports = ports;
    this.#onChange = onChange;
    const mode = ports.store.get(modeKey);
    const sort = ports.store.get(sortKey);
    this.#mode = featureModes.find((one) => one === mode) ?? 'active';
    this.#sort = featureSorts.find((one) => one === sort) ?? 'strength';
    ports.current.onDidChange(() => {
      this.#limits.clear();
      onChange('rows');
    });
    let { pinned } = ports.choice;
    ports.choice.onDidChange(() => {
      if (ports.choice.pinned === pinned) return;
      pinned = ports.choice.pinned;
      onChange('rows');
    });
    ports.labels.onDidChange(() => {
      // A filter may ask for their words.
      onChange(this.#filter === undefined ? 'labels' : 'rows');
    });
  }

  get mode(): FeatureMode {
    return this.#mode;
  }

  get sort(): FeatureSort {
    return this.#sort;
  }

  get filterText(): string {
    return this.#filterText;
  }

  get problem(): Problem | undefined {
    return this.#problem;
  }

  /** The model's own name, once it is known. */
  get title(): string {
    return this.#title;
  }

  setMode(mode: FeatureMode): void {
    this.#mode = mode;
    void this.#ports.store.update(modeKey, mode);
    this.#limits.clear();
    this.#onChange('rows');
  }

  setSort(sort: FeatureSort): void {
    this.#sort = sort;
    void this.#ports.store.update(sortKey, sort);
    this.#limits.clear();
    this.#onChange('rows');
  }

  setFilter(text: string, filter: FeatureFilter): void {
    this.#filterText = text.trim();
    this.#filter = filter;
    this.#limits.clear();
    this.#onChange('rows');
  }

  loadMore(block: string): void {
    this.#limits.set(block, this.#limit(block) + pageLength);
    this.#onChange('rows');
  }

  /** Reads all of it again when it is looked at next. */
  forget(): void {
    this.#read = undefined;
    this.#ports.modelBlocks.forget();
    this.#onChange('rows');
  }

  /** As it is now: rows that are listed may have been read before it changed. */
  labelOf(feature: FeatureRef): string | undefined {
    return this.#ports.labels.labelOf(feature);
  }

  /** Blocks of the model; none before the first picture. Never rejects. */
  async blocks(): Promise<readonly BlockRow[]> {
    const { picture, stepIndex } = this.#ports.current;
    if (!picture) return [];
    const key = `${this.#ports.model.dir}\n${picture.runId}`;
    if (this.#read?.key !== key) this.#read = { key, blocks: this.#readBlocks(picture.runId) };
    const of = await this.#read.blocks;
    if (this.#rows?.of !== of || this.#rows.stepIndex !== stepIndex) {
      this.#rows = { of, stepIndex, rows: blockRows(of.described, of.readings, stepIndex) };
    }
    return this.#rows.rows;
  }

  features(row: BlockRow): { rows: FeatureRow[]; hasMore: boolean } {
    const pinned = this.#ports.choice.pinned
      .filter(({ block }) => block === row.block)
      .map(({ id }) => id);
    return featureRows(row, {
      mode: this.#mode,
      sort: this.#sort,
      filter: this.#filter,
      pinned,
      limit: this.#limit(row.block),
      labelOf: (id) => this.#ports.labels.labelOf({ block: row.block, id }),
    });
  }

  #limit(block: string): number {
    return this.#limits.get(block) ?? pageLength;
  }

  /** Each half may fail alone: an old run has no readings, its model may be gone. */
  async #readBlocks(runId: string): Promise<ReadBlocks> {
    const { model, modelBlocks, readings, report } = this.#ports;
    let failure: unknown;
    const orNone = <T>(work: Promise<readonly T[]>): Promise<readonly T[]> =>
      work.catch((error: unknown) => {
        failure ??= error;
        return [];
      });
    const [described, read] = await Promise.all([
      orNone<BlockDescription>(modelBlocks.blocks()),
      orNone<BlockReading>(readings.of(runId)),
      model.describe().then(
        ({ title }) => {
          this.#title = title;
        },
        () => undefined,
      ),
    ]);
    this.#problem = failure === undefined ? undefined : report.problem(failure);
    return { described, readings: read };
  }
}
