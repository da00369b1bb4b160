import type { JobResult, JobStep } from '../../protocol/jobs.ts';
import type { LogLevel } from '../../protocol/log.ts';

/** What a running job gets from the queue. */
export interface JobContext {
  /** Aborts when the job is cancelled, or the engine ends: then it stops, and can go on later from what is on disk. */
  readonly signal: AbortSignal;
  /**
   * Waits until the job may use the runner, and does one run. Nothing that takes longer than a run belongs in it:
   * previews wait for it. While the job is paused it waits too.
   */
  readonly takeTurn: <T>(work: () => Promise<T>) => Promise<T>;
  /** A folder of the job's own, for what it needs to go on; removed with the job. */
  readonly dir: string;
  readonly log: (level: LogLevel, text: string) => void;
}

/**
 * One kind of long work. `run` is started anew after an interruption with the same params: it goes on from what it
 * wrote before. Every `yield` is a point at which it may be paused.
 */
export interface JobKind<Params, Progress extends { readonly phase: string }> {
  /** `collect`, `train`, ... */
  readonly kind: string;
  /** @throws `invalidInput` naming value and range. What it returns must survive JSON: it is kept on disk. */
  readonly check: (params: unknown) => Params;
  /** "Collect 1,000 pictures": a line in a list. */
  readonly titleOf: (params: Params) => string;
  readonly run: (params: Params, context: JobContext) => AsyncGenerator<Progress, JobResult>;
  readonly describe: (progress: Progress) => JobStep;
}
