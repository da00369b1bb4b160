import { cancelled, invalidInput } from '../../../protocol/errors.ts';
import { mixed, permutation } from '../../../numerics/permutation.ts';
import { sampleCountOf, type SampleSource } from './sampleSource.ts';

/** Two windows are held at a time: the one that is dealt out and the next. */
const windowBytes = 128 * 2 ** 20;

interface Dealing {
  readonly batchSize: number;
  readonly seed: number;
  /** Batches that were dealt before: the stream goes on as if it had never stopped. */
  readonly skip?: number;
  readonly signal?: AbortSignal;
}

/**
 * Endless batches in an order that only `seed` decides, in constant memory. Every epoch deals each sample once: the
 * groups in a new order, in windows of some hundred; the samples of a window in a new order.
 *
 * @returns f32 `[batchSize, dModel]`, a fresh array each
 * @throws `invalidInput` for a source with fewer samples than a batch
 */
export async function* shuffledBatches(
  source: SampleSource,
  { batchSize, seed, skip = 0, signal }: Dealing,
): AsyncGenerator<Float32Array<ArrayBuffer>, never> {
  const { dModel, groupSize, groupCount } = source;
  const count = sampleCountOf(source);
  if (count < batchSize) {
    throw invalidInput(
      `There are ${String(count)} samples, fewer than one batch of ${String(batchSize)}.`,
    );
  }
  const groupBytes = groupSize * dModel * 4;
  const windowGroups = Math.max(1, Math.min(groupCount, Math.floor(windowBytes / groupBytes)));
  const windowsPerEpoch = Math.ceil(groupCount / windowGroups);
  const windowSamples = windowGroups * groupSize;

  let isClosed = false;
  const load = async (index: number): Promise<Window> => {
    const epoch = Math.floor(index / windowsPerEpoch);
    const first = (index % windowsPerEpoch) * windowGroups;
    const groups = Math.min(windowGroups, groupCount - first);
    const groupAt = permutation(groupCount, mixed(seed, epoch));
    const samples = new Float32Array(groups * groupSize * dModel);
    for (let g = 0; g < groups; g++) {
      if (isClosed || signal?.aborted) throw cancelled();
      samples.set(await source.readGroup(groupAt(first + g), signal), g * groupSize * dModel);
    }
    const size = groups * groupSize;
    return { samples, size, sampleAt: permutation(size, mixed(seed, epoch, index, 1)) };
  };

  const start = skip * batchSize;
  const inEpoch = start % count;
  let index = Math.floor(start / count) * windowsPerEpoch + Math.floor(inEpoch / windowSamples);
  let place = inEpoch % windowSamples;
  let window = await load(index);
  let next = quietly(load(index + 1));
  try {
    for (;;) {
      const batch = new Float32Array(batchSize * dModel);
      for (let row = 0; row < batchSize; row++) {
        if (place === window.size) {
          window = await next;
          place = 0;
          index++;
          next = quietly(load(index + 1));
        }
        const from = window.sampleAt(place++) * dModel;
        batch.set(window.samples.subarray(from, from + dModel), row * dModel);
      }
      yield batch;
    }
  } finally {
    isClosed = true;
  }
}

interface Window {
  readonly samples: Float32Array; // [size, dModel]
  readonly size: number;
  readonly sampleAt: (place: number) => number;
}

/** A failure that nobody awaits yet is not unhandled: it is thrown when the window's turn comes. */
function quietly<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
