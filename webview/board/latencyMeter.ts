/** Moves that are remembered for the figure. */
const keptMax = 100;

/** Time from moving a control to the new picture on the screen, as it was measured; superseded moves do not count. */
export class LatencyMeter {
  readonly #moves = new Map<number, number>();
  #valuesMs: readonly number[] = [];
  #lastDrawn = 0;

  /** @param sequence counts commands, ascending */
  moved(sequence: number, atMs: number): void {
    this.#moves.set(sequence, atMs);
  }

  /** The picture of the command `sequence` is on the screen now. @returns whether that is news */
  drawn(sequence: number, nowMs: number): boolean {
    if (sequence <= this.#lastDrawn) return false;
    this.#lastDrawn = sequence;
    const atMs = this.#moves.get(sequence);
    for (const known of this.#moves.keys()) if (known <= sequence) this.#moves.delete(known);
    if (atMs === undefined) return false;
    this.#valuesMs = [...this.#valuesMs, nowMs - atMs].slice(-keptMax);
    return true;
  }

  get figures(): LatencyFigures | null {
    const last = this.#valuesMs.at(-1);
    if (last === undefined) return null;
    const sorted = this.#valuesMs.toSorted((a, b) => a - b);
    const p95 = sorted[Math.ceil(0.95 * sorted.length) - 1]!;
    return { lastMs: last, p95Ms: p95, count: sorted.length };
  }
}

export interface LatencyFigures {
  readonly lastMs: number;
  readonly p95Ms: number;
  readonly count: number;
}
