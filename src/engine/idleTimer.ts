/** Calls back once nothing has been done for a while, and again only after more work. It keeps no process alive. */
export class IdleTimer {
  readonly #idleMs: number;
  readonly #onIdle: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #isTidying = false;

  /** @param idleMs 0: never */
  constructor(idleMs: number, onIdle: () => Promise<void>) {
    this.#idleMs = idleMs;
    this.#onIdle = onIdle;
  }

  /** Work began or ended. What the call back does is no work. */
  touch(isWorking: boolean): void {
    if (this.#isTidying) return;
    clearTimeout(this.#timer);
    if (isWorking || this.#idleMs === 0) return;
    this.#timer = setTimeout(() => void this.#tidy(), this.#idleMs);
    this.#timer.unref();
  }

  async #tidy(): Promise<void> {
    this.#isTidying = true;
    try {
      await this.#onIdle();
    } finally {
      this.#isTidying = false;
    }
  }
}
