/** Of several runs under one name only the newest goes on: a newer one aborts the older. */
export class NewestWins {
  readonly #running = new Map<string, AbortController>();

  /** @param signal of the caller, which aborts as well */
  async run<T>(
    name: string,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    this.#running.get(name)?.abort();
    const controller = new AbortController();
    this.#running.set(name, controller);
    try {
      return await work(AbortSignal.any([signal, controller.signal]));
    } finally {
      if (this.#running.get(name) === controller) this.#running.delete(name);
    }
  }
}
