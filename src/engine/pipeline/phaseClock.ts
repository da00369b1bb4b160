/** Wall time by phase, and since it was made as `total`. */
export class PhaseClock {
  readonly #startedAt = performance.now();
  readonly #timings: Record<string, number> = {};

  /** A phase that comes twice adds up. */
  async time<T>(phase: string, work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const result = await work();
    this.#timings[phase] = (this.#timings[phase] ?? 0) + performance.now() - startedAt;
    return result;
  }

  timings(): Readonly<Record<string, number>> {
    return { ...this.#timings, total: performance.now() - this.#startedAt };
  }
}
