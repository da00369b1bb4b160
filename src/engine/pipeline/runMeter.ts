import { cancelled } from '../../protocol/errors.ts';
import type { TensorHandle, TensorRef, TensorValue } from '../../protocol/tensors.ts';
import type { OrtSession } from '../ort/ort.ts';

/** Does one piece of work when it is this request's turn; jobs leave the runner to others between their runs. */
export type TakeTurn = <T>(work: () => Promise<T>) => Promise<T>;

/** Runs sessions for one request: stops between runs when it is cancelled, and adds up the time inside ONNX Runtime. */
export class RunMeter {
  runMs = 0;
  readonly #signal: AbortSignal | undefined;
  readonly #takeTurn: TakeTurn;

  constructor(signal?: AbortSignal, takeTurn: TakeTurn = (work) => work()) {
    this.#signal = signal;
    this.#takeTurn = takeTurn;
  }

  /** @throws `cancelled`, and as `OrtSession.run` */
  async run(
    session: OrtSession,
    feeds: Readonly<Record<string, TensorRef>>,
    fetches: Readonly<Record<string, 'value' | 'handle'>>,
  ): Promise<Readonly<Record<string, TensorValue | TensorHandle>>> {
    this.throwIfCancelled();
    const { outputs, runMs } = await this.#takeTurn(() =>
      session.run(feeds, fetches, this.#signal),
    );
    this.runMs += runMs;
    return outputs;
  }

  throwIfCancelled(): void {
    if (this.#signal?.aborted) throw cancelled();
  }
}
