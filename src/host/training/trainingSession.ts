import type { JobSummary } from '../../protocol/jobs.ts';
import type { Caller } from '../../protocol/request.ts';
import { readTraining } from '../../protocol/training.ts';
import type { TrainingState } from '../../protocol/trainingPanel.ts';
import type { Disposable } from '../disposables.ts';
import type { JobList } from '../jobs/jobList.ts';
import { throttle } from '../panels/throttle.ts';
import type { Report } from '../report.ts';

export interface TrainingSessionPorts {
  readonly engine: Caller;
  readonly list: Pick<JobList, 'jobs' | 'state' | 'reload'>;
  readonly report: Pick<Report, 'problem'>;
}

const readEveryMs = 1000;

/** What one training panel shows: a job as the list has it, and its curves, read while it moves. */
export class TrainingSession implements Disposable {
  readonly #ports: TrainingSessionPorts;
  readonly #onChange: () => void;
  readonly #read = throttle(() => void this.#readNow(), readEveryMs);
  #state: TrainingState = {
    ...{ jobId: null, job: null, isRemoved: false, training: null, problem: null },
  };

  constructor(ports: TrainingSessionPorts, onChange: () => void) {
    this.#ports = ports;
    this.#onChange = onChange;
  }

  get state(): TrainingState {
    return this.#state;
  }

  open(jobId: string): void {
    const isOther = jobId !== this.#state.jobId;
    if (isOther) this.#set({ jobId, job: null, isRemoved: false, training: null, problem: null });
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

  dispose(): void {
    this.#read.dispose();
  }

  async #readNow(): Promise<void> {
    const { jobId } = this.#state;
    if (jobId === null) return;
    try {
      const training = await this.#ports.engine.request(readTraining, { jobId });
      if (jobId === this.#state.jobId) this.#set({ training, problem: null });
    } catch (error) {
      if (jobId !== this.#state.jobId || this.#state.isRemoved) return;
      this.#set({ problem: this.#ports.report.problem(error) ?? null });
    }
  }

  #set(change: Partial<TrainingState>): void {
    this.#state = { ...this.#state, ...change };
    this.#onChange();
  }
}

const hasMoved = (job: JobSummary, before: JobSummary | null): boolean =>
  job.state !== before?.state || job.progress?.doneCount !== before.progress?.doneCount;
