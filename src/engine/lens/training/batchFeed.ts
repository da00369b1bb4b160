import type { TensorHandle } from '../../../protocol/tensors.ts';
import type { TrainingOrt } from './residentSae.ts';

/** Batches of one source in the runner, the next one on its way while the last is in use. */
export class BatchFeed {
  readonly #ort: TrainingOrt;
  readonly #batches: AsyncGenerator<Float32Array, never>;
  readonly #dims: readonly number[];
  #coming: Promise<TensorHandle>;

  /** @param batches f32 `[batchSize, dModel]` each; closed with the feed */
  constructor(
    ort: TrainingOrt,
    batches: AsyncGenerator<Float32Array, never>,
    batchSize: number,
    dModel: number,
  ) {
    this.#ort = ort;
    this.#batches = batches;
    this.#dims = [batchSize, dModel];
    this.#coming = this.#fetch();
  }

  /** @returns f32 `[batchSize, dModel]`; whoever asks releases it */
  async next(): Promise<TensorHandle> {
    const batch = await this.#coming;
    this.#coming = this.#fetch();
    return batch;
  }

  async close(): Promise<void> {
    const last = await this.#coming.catch(() => undefined);
    if (last) await this.#ort.releaseTensors([last.handle]).catch(() => undefined);
    await this.#batches.return(undefined as never).catch(() => undefined);
  }

  #fetch(): Promise<TensorHandle> {
    const batch = this.#batches.next().then(async ({ value: data }) => {
      const [held] = await this.#ort.holdTensors([{ dtype: 'float32', dims: this.#dims, data }]);
      return held!;
    });
    // Thrown when it is this batch's turn.
    batch.catch(() => undefined);
    return batch;
  }
}
