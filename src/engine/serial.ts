import { cancelled } from '../protocol/errors.ts';

/** Who goes first when several wait: what a person looks at before what runs in the background. */
export type Priority = 'preview' | 'job';

interface Waiter {
  readonly start: () => void;
}

/**
 * One at a time: previews in the order of their arrival, then jobs. A job asks for each of its runs anew, so that no
 * preview waits longer than one run. Who is cancelled while waiting leaves at once and never starts.
 */
export class Serial {
  readonly #waiting: Readonly<Record<Priority, Waiter[]>> = { preview: [], job: [] };
  readonly #onHeld: (isHeld: boolean) => void;
  #isHeld = false;

  /** @param onHeld told when the first of a line begins and when the last has ended */
  constructor(onHeld: (isHeld: boolean) => void = () => undefined) {
    this.#onHeld = onHeld;
  }

  /** True when a new task would have to wait. */
  get isBusy(): boolean {
    return this.#isHeld;
  }

  async run<T>(
    task: () => Promise<T>,
    signal: AbortSignal,
    priority: Priority = 'preview',
  ): Promise<T> {
    await this.#acquire(signal, priority);
    try {
      return await task();
    } finally {
      this.#release();
    }
  }

  async #acquire(signal: AbortSignal, priority: Priority): Promise<void> {
    if (signal.aborted) throw cancelled();
    if (!this.#isHeld) {
      this.#isHeld = true;
      this.#onHeld(true);
      return;
    }
    const line = this.#waiting[priority];
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => {
        line.splice(line.indexOf(waiter), 1);
        reject(cancelled());
      };
      const waiter: Waiter = {
        start: () => {
          signal.removeEventListener('abort', abort);
          resolve();
        },
      };
      line.push(waiter);
      signal.addEventListener('abort', abort, { once: true });
    });
  }

  /** The turn passes straight to who waits, so that nobody who comes meanwhile gets between. */
  #release(): void {
    const next = this.#waiting.preview.shift() ?? this.#waiting.job.shift();
    if (next) next.start();
    else {
      this.#isHeld = false;
      this.#onHeld(false);
    }
  }
}
