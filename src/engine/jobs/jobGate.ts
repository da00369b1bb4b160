import { cancelled } from '../../protocol/errors.ts';

/** A door that a paused job waits at. */
export class JobGate {
  #opening: Promise<void> | undefined;
  #open: (() => void) | undefined;

  close(): void {
    if (this.#opening) return;
    this.#opening = new Promise((resolve) => (this.#open = resolve));
  }

  open(): void {
    this.#open?.();
    this.#opening = undefined;
    this.#open = undefined;
  }

  /** @throws `cancelled` when the signal aborts while the door is closed, or before */
  async pass(signal: AbortSignal): Promise<void> {
    while (this.#opening && !signal.aborted) {
      const opening = this.#opening;
      await new Promise<void>((resolve) => {
        const done = (): void => {
          signal.removeEventListener('abort', done);
          resolve();
        };
        signal.addEventListener('abort', done, { once: true });
        void opening.then(done);
      });
    }
    if (signal.aborted) throw cancelled();
  }
}
