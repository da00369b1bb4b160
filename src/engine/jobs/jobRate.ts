import type { JobProgress, JobStep } from '../../protocol/jobs.ts';

const windowMs = 30_000;
/** Below this a rate is guesswork. */
const shortestMs = 1000;

/** Units a second over a sliding window, and what is left at that rate. */
export class JobRate {
  readonly #now: () => number;
  #samples: { readonly atMs: number; readonly doneCount: number }[] = [];
  #last: JobStep | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** After a pause: time in which nothing was done does not count. */
  restart(): void {
    this.#samples = [];
  }

  measure(step: JobStep): JobProgress {
    if (step.phase !== this.#last?.phase || step.unit !== this.#last.unit) this.restart();
    this.#last = step;
    const { doneCount, totalCount } = step;
    if (doneCount === undefined) return step;
    const atMs = this.#now();
    this.#samples.push({ atMs, doneCount });
    while (this.#samples.length > 2 && atMs - (this.#samples[1]?.atMs ?? atMs) >= windowMs) {
      this.#samples.shift();
    }
    const [first] = this.#samples;
    if (!first || atMs - first.atMs < shortestMs || doneCount <= first.doneCount) return step;
    const ratePerSecond = ((doneCount - first.doneCount) / (atMs - first.atMs)) * 1000;
    if (totalCount === undefined) return { ...step, ratePerSecond };
    return { ...step, ratePerSecond, secondsLeft: (totalCount - doneCount) / ratePerSecond };
  }
}
