const windowMs = 3 * 60_000;
const crashesMax = 3;

/** Three crashes within three minutes are enough to stop trying. */
export class CrashBudget {
  #crashedAt: readonly number[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Counts one crash. @returns true when the budget is spent */
  spend(): boolean {
    const now = this.#now();
    this.#crashedAt = [...this.#crashedAt.filter((at) => now - at < windowMs), now];
    return this.#crashedAt.length >= crashesMax;
  }

  reset(): void {
    this.#crashedAt = [];
  }
}
