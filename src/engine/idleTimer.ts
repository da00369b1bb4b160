/** Calls back once nothing has been done for a while. It keeps no process alive. */
export class IdleTimer {
  readonly #idleMs: number;
  readonly #onIdle: () => void;
  #timer: NodeJS.Timeout | undefined;

  /** @param idleMs 0: never */
  constructor(idleMs: number, onIdle: () => void) {
    this.#idleMs = idleMs;
    this.#onIdle = onIdle;
  }

  /** Work began or ended. */
  touch(isWorking: boolean): void {
    clearTimeout(this.#timer);
    if (isWorking || this.#idleMs === 0) return;
    this.#timer = setTimeout(this.#onIdle, this.#idleMs);
    this.#timer.unref();
  }
}
