import { type BlockDescription, type BlockReading, listBlocks } from '../../protocol/features.ts';
import type { Caller } from '../../protocol/request.ts';
import type { Problem } from '../../protocol/resultPanel.ts';
import type { CurrentModel } from '../currentModel.ts';
import type { Report } from '../report.ts';
import {
  type BlockRow,
  blockRows,
  type FeatureMode,
  type FeatureRow,
  featureRows,
} from './blockRows.ts';
import type { CurrentPicture } from './currentPicture.ts';
import type { FeatureChoice } from './featureChoice.ts';
import type { IdFilter } from './idFilter.ts';
import type { RunReadings } from './runReadings.ts';

/** A block's features beyond this many wait for "Load more". */
const pageLength = 200;

export interface BlockListPorts {
  readonly engine: Caller;
  readonly model: CurrentModel;
  readonly report: Report;
  readonly current: CurrentPicture;
  readonly choice: FeatureChoice;
  readonly readings: RunReadings;
}

/** What the tree "Blocks & Features" shows: blocks of the model, and what they did in the current picture. */
export class BlockList {
  readonly #ports: BlockListPorts;
  readonly #onChange: () => void;
  readonly #limits = new Map<string, number>();
  #mode: FeatureMode = 'active';
  #filterText = '';
  #filter: IdFilter;
  #read: { readonly key: string; readonly rows: Promise<readonly BlockRow[]> } | undefined;
  #title = '';
  #problem: Problem | undefined;

  constructor(ports: BlockListPorts, onChange: () => void) {
    this.#ports = ports;
    this.#onChange = onChange;
    ports.current.onDidChange(() => {
      this.#limits.clear();
      onChange();
    });
    let { pinned } = ports.choice;
    ports.choice.onDidChange(() => {
      if (ports.choice.pinned === pinned) return;
      pinned = ports.choice.pinned;
      onChange();
    });
  }

  get mode(): FeatureMode {
    return this.#mode;
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
    this.#limits.clear();
    this.#onChange();
  }

  setFilter(text: string, filter: IdFilter): void {
    this.#filterText = text.trim();
    this.#filter = filter;
    this.#limits.clear();
    this.#onChange();
  }

  loadMore(block: string): void {
    this.#limits.set(block, this.#limit(block) + pageLength);
    this.#onChange();
  }

  /** Reads all of it again when it is looked at next. */
  forget(): void {
    this.#read = undefined;
    this.#onChange();
  }

  /** Blocks of the model; none before the first picture. Never rejects. */
  async blocks(): Promise<readonly BlockRow[]> {
    const { picture } = this.#ports.current;
    if (!picture) return [];
    const key = `${this.#ports.model.dir}\n${picture.runId}`;
    if (this.#read?.key !== key) this.#read = { key, rows: this.#readBlocks(picture.runId) };
    return this.#read.rows;
  }

  features(row: BlockRow): { rows: FeatureRow[]; hasMore: boolean } {
    const pinned = this.#ports.choice.pinned
      .filter(({ block }) => block === row.block)
      .map(({ id }) => id);
    return featureRows(row, {
      mode: this.#mode,
      filter: this.#filter,
      pinned,
      limit: this.#limit(row.block),
    });
  }

  #limit(block: string): number {
    return this.#limits.get(block) ?? pageLength;
  }

  /** Each half may fail alone: an old run has no readings, its model may be gone. */
  async #readBlocks(runId: string): Promise<readonly BlockRow[]> {
    const { engine, model, readings, report } = this.#ports;
    let failure: unknown;
    const orNone = <T>(work: Promise<readonly T[]>): Promise<readonly T[]> =>
      work.catch((error: unknown) => {
        failure ??= error;
        return [];
      });
    const [described, read] = await Promise.all([
      orNone<BlockDescription>(engine.request(listBlocks, { modelDir: model.dir })),
      orNone<BlockReading>(readings.of(runId)),
      model.describe().then(
        ({ title }) => {
          this.#title = title;
        },
        () => undefined,
      ),
    ]);
    this.#problem = failure === undefined ? undefined : report.problem(failure);
    return blockRows(described, read);
  }
}
