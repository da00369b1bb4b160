import type { JobSummary } from '../../protocol/jobs.ts';
import type { Provider } from '../../protocol/provider.ts';
import type { Caller } from '../../protocol/request.ts';
import { readSpecialization, showMark } from '../../protocol/specialization.ts';
import type { PanelMarkPicture, SpecializationState } from '../../protocol/specializationPanel.ts';
import { invalidInput } from '../../protocol/errors.ts';
import type { Picture } from '../../protocol/engine.ts';
import type { Disposable } from '../disposables.ts';
import type { JobList } from '../jobs/jobList.ts';
import { throttle } from '../panels/throttle.ts';
import type { Report } from '../report.ts';

export interface SpecializationSessionPorts {
  readonly engine: Caller;
  readonly list: Pick<JobList, 'jobs' | 'state' | 'reload'>;
  readonly report: Pick<Report, 'problem'>;
  readonly modelDir: () => string;
  readonly provider: () => Provider;
}

/** Charts are computed from all rows: often enough to see them fill. */
const readEveryMs = 2000;
const picturesShown = 6;

/** What one panel on block specialization shows: a job as the list has it, and its charts, read while it moves. */
export class SpecializationSession implements Disposable {
  readonly #ports: SpecializationSessionPorts;
  readonly #onChange: () => void;
  readonly #read = throttle(() => void this.#readNow(), readEveryMs);
  #state: SpecializationState = {
    ...{ jobId: null, job: null, isRemoved: false, view: null, problem: null },
  };

  constructor(ports: SpecializationSessionPorts, onChange: () => void) {
    this.#ports = ports;
    this.#onChange = onChange;
  }

  get state(): SpecializationState {
    return this.#state;
  }

  open(jobId: string): void {
    const isOther = jobId !== this.#state.jobId;
    if (isOther) this.#set({ jobId, job: null, isRemoved: false, view: null, problem: null });
    if (this.#ports.list.state === 'ready') this.jobsChanged();
    else {
      void this.#ports.list.reload().then(() => {
        this.jobsChanged();
      });
    }
    this.#read();
  }

  /** The list was told anew. */
  jobsChanged(): void {
    const { jobId, job: before } = this.#state;
    const { list } = this.#ports;
    if (jobId === null || list.state !== 'ready') return;
    const job = list.jobs.find((one) => one.jobId === jobId) ?? null;
    this.#set({ job, isRemoved: job === null });
    if (job && hasMoved(job, before)) this.#read();
  }

  /** Pictures behind a mark, made again. @throws `invalidInput`, as `showMark` */
  async pictures(
    key: string,
  ): Promise<{ readonly pictures: readonly PanelMarkPicture[]; readonly count: number }> {
    const { engine, modelDir, provider } = this.#ports;
    const { view } = this.#state;
    if (!view) throw invalidInput('The report has not been read yet.');
    const { pictures, count } = await engine.request(showMark, {
      ...{ dir: view.dir, modelDir: modelDir(), provider: provider() },
      ...{ key, limit: picturesShown },
    });
    return {
      count,
      pictures: pictures.map(({ before, after, ...rest }) => ({
        ...rest,
        before: pixelsOf(before),
        after: pixelsOf(after),
      })),
    };
  }

  dispose(): void {
    this.#read.dispose();
  }

  async #readNow(): Promise<void> {
    const { jobId } = this.#state;
    if (jobId === null) return;
    try {
      const view = await this.#ports.engine.request(readSpecialization, { jobId });
      if (jobId === this.#state.jobId) this.#set({ view, problem: null });
    } catch (error) {
      if (jobId !== this.#state.jobId || this.#state.isRemoved) return;
      this.#set({ problem: this.#ports.report.problem(error) ?? null });
    }
  }

  #set(change: Partial<SpecializationState>): void {
    this.#state = { ...this.#state, ...change };
    this.#onChange();
  }
}

/** A received view may sit at an offset in a larger buffer. */
const pixelsOf = ({ width, height, rgb }: Picture): PanelMarkPicture['before'] => ({
  ...{ width, height, rgb: new Uint8Array(rgb).buffer },
});

const hasMoved = (job: JobSummary, before: JobSummary | null): boolean =>
  job.state !== before?.state || job.progress?.doneCount !== before.progress?.doneCount;
