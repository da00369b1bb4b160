import { listRuns, type RunSummary, type StoreUsage } from '../../protocol/engine.ts';
import type { Caller } from '../../protocol/request.ts';
import type { Problem } from '../../protocol/resultPanel.ts';
import type { Report } from '../report.ts';

const pageLength = 50;

export type RunListState = 'unread' | 'ready' | 'failed';

/** The kept runs that have been read so far, newest first. */
export class RunList {
  readonly #engine: Caller;
  readonly #report: Report;
  readonly #onChange: () => void;
  #runs: readonly RunSummary[] = [];
  #usage: StoreUsage | undefined;
  #hasMore = false;
  #state: RunListState = 'unread';
  #problem: Problem | undefined;
  #reading: Promise<void> | undefined;
  #wantedCount = 0;

  constructor(engine: Caller, report: Report, onChange: () => void) {
    this.#engine = engine;
    this.#report = report;
    this.#onChange = onChange;
  }

  get runs(): readonly RunSummary[] {
    return this.#runs;
  }

  get usage(): StoreUsage | undefined {
    return this.#usage;
  }

  get hasMore(): boolean {
    return this.#hasMore;
  }

  get state(): RunListState {
    return this.#state;
  }

  get problem(): Problem | undefined {
    return this.#problem;
  }

  /** Reads again what is shown. Calls while it reads lead to one more reading. Never rejects. */
  async reload(): Promise<void> {
    this.#wantedCount++;
    this.#reading ??= this.#readUntilFresh().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  async loadMore(): Promise<void> {
    const last = this.#runs.at(-1);
    if (!last || !this.#hasMore) return;
    await this.#read(pageLength, last.runId);
  }

  async #readUntilFresh(): Promise<void> {
    let wantedCount: number;
    do {
      wantedCount = this.#wantedCount;
      await this.#read(Math.max(this.#runs.length, pageLength));
    } while (wantedCount !== this.#wantedCount);
  }

  async #read(limit: number, beforeRunId?: string): Promise<void> {
    try {
      const page = beforeRunId === undefined ? { limit } : { limit, beforeRunId };
      const { runs, usage } = await this.#engine.request(listRuns, page);
      this.#runs = beforeRunId === undefined ? runs : [...this.#runs, ...runs];
      this.#hasMore = runs.length === limit && this.#runs.length < usage.runCount;
      this.#usage = usage;
      this.#state = 'ready';
      this.#problem = undefined;
    } catch (error) {
      this.#state = 'failed';
      this.#problem = this.#report.problem(error);
    }
    this.#onChange();
  }
}
