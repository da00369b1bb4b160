import type { ErrorData } from './errors.ts';
import { defineNotification, defineRequest } from './request.ts';

/**
 * `paused`: keeps what it has in memory and waits; `interrupted`: its engine ended while it was waiting, running or
 * paused, and it goes on from what is on disk when it is resumed.
 */
export const jobStates = [
  'queued',
  'running',
  'paused',
  'interrupted',
  'done',
  'failed',
  'cancelled',
] as const;
export type JobState = (typeof jobStates)[number];

/** How far a job is, in words and counts of one unit. */
export interface JobStep {
  /** "Collecting": words, not a code. */
  readonly phase: string;
  readonly doneCount?: number | undefined;
  readonly totalCount?: number | undefined;
  /** What is counted, in the plural: `pictures`. */
  readonly unit?: string | undefined;
}

export interface JobProgress extends JobStep {
  /** Units a second over the last half minute of work; pauses do not count. */
  readonly ratePerSecond?: number | undefined;
  readonly secondsLeft?: number | undefined;
}

/** What a job leaves behind. */
export interface JobResult {
  /** "123 MB of updates of 1,000 pictures" */
  readonly summary: string;
  /** File or folder to show, absolute. */
  readonly path?: string | undefined;
}

export interface JobSummary {
  readonly jobId: string;
  /** `collect`, `train`, `index`, ... */
  readonly kind: string;
  readonly title: string;
  readonly state: JobState;
  /** It belongs to another window or a command line: it can be looked at, not controlled. */
  readonly isElsewhere: boolean;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly endedAt?: string | undefined;
  readonly progress?: JobProgress | undefined;
  /** Why it failed. */
  readonly error?: ErrorData | undefined;
  readonly result?: JobResult | undefined;
}

/** Newest first. */
export const listJobs = defineRequest<null, { jobs: readonly JobSummary[] }>('jobs/list');
/** Answers when the job is in the queue. @throws `invalidInput` for a kind or params that are not known */
export const startJob = defineRequest<{ kind: string; params: unknown }, { jobId: string }>(
  'jobs/start',
);
/** Stops it after its present run; the next job of the queue goes on. */
export const pauseJob = defineRequest<{ jobId: string }, null>('jobs/pause');
/** Puts a job that is paused, interrupted, failed or cancelled back in the queue; it goes on where it was. */
export const resumeJob = defineRequest<{ jobId: string }, null>('jobs/resume');
/** Answers when its work has stopped. What it has written stays. */
export const cancelJob = defineRequest<{ jobId: string }, null>('jobs/cancel');
/** Takes a job that has ended off the list; what it has written stays. */
export const removeJob = defineRequest<{ jobId: string }, null>('jobs/remove');
/** The last lines of its log, and the file. */
export const readJobLog = defineRequest<
  { jobId: string },
  { lines: readonly string[]; path: string }
>('jobs/log');
/** All jobs, whenever one has changed; at most four times a second. */
export const jobsChanged = defineNotification<{ jobs: readonly JobSummary[] }>('jobs/changed');
