const windowMs = 3 * 60_000;
const crashesMax = 3;

/** At most three crashes in three minutes: after that a restart needs a person's word. */
export class CrashBudget {
  #crashedAt: number[] = [];
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Counts a crash; true when the budget is spent. */
  spend(): boolean {
    const now = this.#now();
    this.#crashedAt = [...this.#crashedAt.filter((at) => now - at < windowMs), now];
    return this.#crashedAt.length >= crashesMax;
  }

  reset(): void {
    this.#crashedAt = [];
  }
}
