import { PreviewPace } from './previewPace.ts';

/** Runs the newest of a series of targets; older ones end, or are awaited when they are nearly done. */
export class NewestWins<Target> {
  readonly #run: (target: Target, signal: AbortSignal) => Promise<void>;
  readonly #onIdle: () => void;
  readonly #now: () => number;
  readonly #pace = new PreviewPace();
  #pending: Target | undefined;
  #running: AbortController | undefined;

  /** @param run reports its own failures */
  constructor(
    run: (target: Target, signal: AbortSignal) => Promise<void>,
    onIdle: () => void,
    now: () => number = () => performance.now(),
  ) {
    this.#run = run;
    this.#onIdle = onIdle;
    this.#now = now;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  ask(target: Target): void {
    this.#pending = target;
    if (!this.#running) void this.#work();
    else if (this.#pace.endsOlder(this.#now())) this.#running.abort();
  }

  cancel(): void {
    this.#pending = undefined;
    this.#running?.abort();
  }

  async #work(): Promise<void> {
    while (this.#pending !== undefined) {
      const target = this.#pending;
      this.#pending = undefined;
      const controller = new AbortController();
      this.#running = controller;
      this.#pace.started(this.#now());
      try {
        await this.#run(target, controller.signal);
      } finally {
        this.#running = undefined;
      }
      if (!controller.signal.aborted) this.#pace.finished(this.#now());
    }
    this.#pace.rested();
    this.#onIdle();
  }
}
