import { cancelled } from '../../../protocol/errors.ts';
import { geometricMedian } from './geometricMedian.ts';
import { initialState } from './initialState.ts';
import type { TrainingOrt } from './residentSae.ts';
import { sampleCountOf, type SampleSource } from './sampleSource.ts';
import { shuffledBatches } from './shuffledBatches.ts';
import type { SaePlan, TrainingOptions } from './trainingOptions.ts';
import type { StateValues, TrainingScalars } from './trainingState.ts';

const medianSamplesMax = 32_768;
const scaleBatches = 10;

/**
 * The state before the first step, of the first samples in the training's order: b_pre = geometric median of up to 32,768,
 * `lossScale` = 1 / variance of the first ten batches (or all there are).
 *
 * @source sdxl-unbox scripts/train_sae.py
 */
export async function startingPoint(
  ort: TrainingOrt,
  plan: SaePlan,
  { batchSize, seed, threadCount }: TrainingOptions,
  source: SampleSource,
  signal: AbortSignal,
): Promise<{ readonly values: StateValues; readonly scalars: TrainingScalars }> {
  const d = source.dModel;
  const count = sampleCountOf(source);
  const points = new Float32Array(Math.min(medianSamplesMax, count) * d);
  const batchCount = Math.min(
    Math.floor(count / batchSize),
    Math.max(scaleBatches, Math.ceil(points.length / d / batchSize)),
  );
  const variance = new BatchVariance(d);
  let index = 0;
  let filled = 0;
  for await (const batch of shuffledBatches(source, { batchSize, seed, signal })) {
    if (signal.aborted) throw cancelled();
    if (index < scaleBatches) variance.add(batch);
    const taken = batch.subarray(0, points.length - filled);
    points.set(taken, filled);
    filled += taken.length;
    if (++index >= batchCount) break;
    // Batches of one window come without waiting for anything: the engine answers in between.
    await new Promise(setImmediate);
  }
  const used = points.subarray(0, filled);
  const median = await geometricMedian(ort, used, d, { threadCount, signal });
  const values = await initialState(plan, median);
  return { values, scalars: { step: 0, lossScale: 1 / variance.mean() } };
}

/** Mean over the dimensions of the population variance of samples that come in batches; float64 sums. */
class BatchVariance {
  readonly #sums: Float64Array;
  readonly #squares: Float64Array;
  /** The first sample: sums of offsets from it keep their digits. */
  #origin: Float32Array | undefined;
  #count = 0;

  constructor(d: number) {
    this.#sums = new Float64Array(d);
    this.#squares = new Float64Array(d);
  }

  add(batch: Float32Array): void {
    const d = this.#sums.length;
    const origin = (this.#origin ??= batch.slice(0, d));
    for (let from = 0; from < batch.length; from += d) {
      for (let i = 0; i < d; i++) {
        const offset = batch[from + i]! - origin[i]!;
        this.#sums[i]! += offset;
        this.#squares[i]! += offset * offset;
      }
    }
    this.#count += batch.length / d;
  }

  mean(): number {
    const count = this.#count;
    const total = this.#squares.reduce(
      (sum, square, i) => sum + square / count - (this.#sums[i]! / count) ** 2,
      0,
    );
    return total / this.#sums.length;
  }
}
