const windowMs = 10_000;

/** How fast something goes, over the last ten seconds. */
export class RateMeter {
  readonly #marks: { readonly atMs: number; readonly amount: number }[] = [
    { atMs: performance.now(), amount: 0 },
  ];

  add(amount: number): void {
    const atMs = performance.now();
    this.#marks.push({ atMs, amount });
    while (this.#marks.length > 2 && this.#marks[0]!.atMs < atMs - windowMs) this.#marks.shift();
  }

  /** 0 before the first amount. */
  perSecond(): number {
    const [first, ...others] = this.#marks;
    const last = others.at(-1);
    if (!first || !last) return 0;
    const seconds = (last.atMs - first.atMs) / 1000;
    return seconds > 0 ? others.reduce((sum, { amount }) => sum + amount, 0) / seconds : 0;
  }
}
