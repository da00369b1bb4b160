import { type JobState, type JobSummary, listJobs } from '../../protocol/jobs.ts';
import type { Caller } from '../../protocol/request.ts';
import type { Problem } from '../../protocol/resultPanel.ts';
import type { Report } from '../report.ts';

export type JobListState = 'unread' | 'ready' | 'failed';

export interface JobListEvents {
  readonly onChange: () => void;
  /** A job of this window failed while it ran. */
  readonly onFailed: (job: JobSummary) => void;
  /** A job of this window came to its end while it ran. */
  readonly onDone: (job: JobSummary) => void;
}

const activeStates: readonly JobState[] = ['queued', 'running'];

/** The jobs as the engine last told them. */
export class JobList {
  readonly #engine: Caller;
  readonly #report: Report;
  readonly #events: JobListEvents;
  #jobs: readonly JobSummary[] = [];
  #state: JobListState = 'unread';
  #problem: Problem | undefined;

  constructor(engine: Caller, report: Report, events: JobListEvents) {
    this.#engine = engine;
    this.#report = report;
    this.#events = events;
  }

  get jobs(): readonly JobSummary[] {
    return this.#jobs;
  }

  get state(): JobListState {
    return this.#state;
  }

  get problem(): Problem | undefined {
    return this.#problem;
  }

  /** Jobs of this window that wait or run. */
  get active(): readonly JobSummary[] {
    return this.#jobs.filter(
      ({ state, isElsewhere }) => !isElsewhere && activeStates.includes(state),
    );
  }

  /** Reads the list. Never rejects. */
  async reload(): Promise<void> {
    try {
      this.told((await this.#engine.request(listJobs, null)).jobs);
    } catch (error) {
      this.#state = 'failed';
      this.#problem = this.#report.problem(error);
      this.#events.onChange();
    }
  }

  /** The engine said how things are. */
  told(jobs: readonly JobSummary[]): void {
    const before = new Set(this.active.map(({ jobId }) => jobId));
    const ended = jobs.filter(({ jobId }) => before.has(jobId));
    this.#jobs = jobs;
    this.#state = 'ready';
    this.#problem = undefined;
    this.#events.onChange();
    for (const job of ended) {
      if (job.state === 'failed') this.#events.onFailed(job);
      if (job.state === 'done') this.#events.onDone(job);
    }
  }

  /** Its jobs went with it; they can be resumed. */
  engineEnded(): void {
    if (!this.#jobs.some(({ state, isElsewhere }) => !isElsewhere && isLive(state))) return;
    this.#jobs = this.#jobs.map((job) =>
      !job.isElsewhere && isLive(job.state) ? { ...job, state: 'interrupted' } : job,
    );
    this.#events.onChange();
  }
}

const isLive = (state: JobState): boolean => activeStates.includes(state) || state === 'paused';
