import type { JobSummary } from '../../protocol/jobs.ts';
import type { Problem } from '../../protocol/resultPanel.ts';
import type { Disposable } from '../disposables.ts';
import { throttle } from '../panels/throttle.ts';
import type { Report } from '../report.ts';
import type { JobList } from './jobList.ts';

export interface FollowedJobPorts<View> {
  readonly list: Pick<JobList, 'jobs' | 'state' | 'reload'>;
  readonly report: Pick<Report, 'problem'>;
  /** What the job has made so far. */
  readonly read: (jobId: string) => Promise<View>;
  /** At most so often. */
  readonly readEveryMs: number;
}

export interface FollowedJobState<View> {
  readonly jobId: string | null;
  readonly job: JobSummary | null;
  /** The list has it no more. */
  readonly isRemoved: boolean;
  /** As it was last read. */
  readonly view: View | null;
  readonly problem: Problem | null;
}

/** One job as the list has it, and what it has made, read anew while it moves. */
export class FollowedJob<View> implements Disposable {
  readonly #ports: FollowedJobPorts<View>;
  readonly #onChange: () => void;
  readonly #read: ReturnType<typeof throttle>;
  #state: FollowedJobState<View> = {
    ...{ jobId: null, job: null, isRemoved: false, view: null, problem: null },
  };

  constructor(ports: FollowedJobPorts<View>, onChange: () => void) {
    this.#ports = ports;
    this.#onChange = onChange;
    this.#read = throttle(() => void this.#readNow(), ports.readEveryMs);
  }

  get state(): FollowedJobState<View> {
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

  dispose(): void {
    this.#read.dispose();
  }

  async #readNow(): Promise<void> {
    const { jobId } = this.#state;
    if (jobId === null) return;
    try {
      const view = await this.#ports.read(jobId);
      if (jobId === this.#state.jobId) this.#set({ view, problem: null });
    } catch (error) {
      if (jobId !== this.#state.jobId || this.#state.isRemoved) return;
      this.#set({ problem: this.#ports.report.problem(error) ?? null });
    }
  }

  #set(change: Partial<FollowedJobState<View>>): void {
    this.#state = { ...this.#state, ...change };
    this.#onChange();
  }
}

const hasMoved = (job: JobSummary, before: JobSummary | null): boolean =>
  job.state !== before?.state || job.progress?.doneCount !== before.progress?.doneCount;
