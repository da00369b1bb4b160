/** How much a new time changes the usual one. */
const share = 0.3;
/** While a slider moves without a rest, at least one picture in this many usual times is let through. */
const starvedAfter = 3;

/**
 * Decides whether a newer preview ends the older one, or waits for it: an older one that is more than half done is
 * awaited, so a new picture is there within one and a half of the usual time and a moving slider still shows pictures.
 */
export class PreviewPace {
  #usualMs: number | undefined;
  #startedMs: number | undefined;
  #shownMs: number | undefined;

  started(nowMs: number): void {
    this.#startedMs = nowMs;
    this.#shownMs ??= nowMs;
  }

  /** A picture came; its time counts. */
  finished(nowMs: number): void {
    const tookMs = nowMs - (this.#startedMs ?? nowMs);
    this.#usualMs =
      this.#usualMs === undefined ? tookMs : this.#usualMs + share * (tookMs - this.#usualMs);
    this.#shownMs = nowMs;
  }

  /** Nothing moves any more: the next series begins anew. */
  rested(): void {
    this.#shownMs = undefined;
  }

  endsOlder(nowMs: number): boolean {
    if (this.#usualMs === undefined || this.#startedMs === undefined) return true;
    const isStarved = nowMs - (this.#shownMs ?? nowMs) > starvedAfter * this.#usualMs;
    return !isStarved && nowMs - this.#startedMs < this.#usualMs / 2;
  }
}
