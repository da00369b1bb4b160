import type { CollectedBlock, CollectedSet } from '../collected/collectedSet.ts';
import type { IndexState } from './indexState.ts';
import type { EncodedCells, SaeEncoder } from './saeEncoder.ts';

/** Tensors of one run stay below this, whatever the SAE's size. */
const picturesPerRunMax = 64;

/**
 * Encodes the pictures that the state has not seen, run by run. Runs begin at multiples of their size, so that the same
 * cells are multiplied together whether or not the work was interrupted: the sums are then equal to the last bit.
 *
 * @param picturesPerBatch a batch ends after about so many pictures, with the set
 * @yields true at the end of each batch, when the state can be written down and gone on with
 */
export async function* encodePictures(
  state: IndexState,
  encoder: SaeEncoder,
  set: CollectedSet,
  block: CollectedBlock,
  picturesPerBatch: number,
  signal: AbortSignal,
): AsyncGenerator<boolean> {
  const { cellCount, dModel, pictureCount } = state.shape;
  const perRun = Math.min(
    picturesPerRunMax,
    picturesPerBatch,
    Math.max(1, Math.floor(encoder.cellsPerRun / cellCount)),
  );
  const runsPerBatch = Math.max(1, Math.floor(picturesPerBatch / perRun));
  while (state.donePictures < pictureCount) {
    const from = state.donePictures;
    const to = Math.min(pictureCount, from + perRun);
    const steps: EncodedCells[] = [];
    for (const [step, stepIndex] of set.manifest.steps.entries()) {
      signal.throwIfAborted();
      const hidden = await set.updates(block.block, stepIndex, from, to);
      if (from === 0 && step === 0) state.shift.set(meanOf(hidden, dModel));
      const encoded = await encoder.encode(hidden, state.shift, signal);
      state.fit.add(step, encoded.cellCount, encoded.sums);
      steps.push(encoded);
    }
    for (const { index, prompt } of await set.pictures(from, to)) {
      state.addPicture(index, prompt, steps, index - from, encoder);
    }
    yield (to / perRun) % runsPerBatch === 0 || to === pictureCount;
  }
}

function meanOf(hidden: Float32Array, dModel: number): Float32Array {
  const sums = new Float64Array(dModel);
  for (let i = 0; i < hidden.length; i++) sums[i % dModel]! += hidden[i]!;
  return Float32Array.from(sums, (sum) => (sum * dModel) / hidden.length);
}
