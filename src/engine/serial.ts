import { cancelled } from '../protocol/errors.ts';

/** One at a time, in the order of arrival; who is cancelled while waiting leaves at once and never starts. */
export class Serial {
  #tail: Promise<unknown> = Promise.resolve();
  #taskCount = 0;

  /** True when a new task would have to wait. */
  get isBusy(): boolean {
    return this.#taskCount > 0;
  }

  async run<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const before = this.#tail;
    let finish: (() => void) | undefined;
    const done = new Promise<void>((resolve) => (finish = resolve));
    this.#tail = before.then(() => done);
    this.#taskCount++;
    try {
      await untilAborted(before, signal);
      return await task();
    } finally {
      this.#taskCount--;
      finish?.();
    }
  }
}

async function untilAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) throw cancelled();
  let abort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => {
      reject(cancelled());
    };
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    await Promise.race([promise, aborted]);
  } finally {
    if (abort) signal.removeEventListener('abort', abort);
  }
}
