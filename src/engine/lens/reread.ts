import type { BlockReading, RereadBlock } from '../../protocol/features.ts';
import type { PictureRequest } from '../pipeline/checkRequest.ts';
import type { ObserveContext } from '../pipeline/generate.ts';
import type { StageSample } from '../pipeline/stageSamples.ts';
import type { BlockUpdates } from './readingsFile.ts';

/**
 * Makes a picture again to have the ΔD of its blocks by value, and compares what is read with what was read then.
 *
 * @param kept what was read when the picture was made
 * @throws what making a picture throws
 */
export async function reread(
  kept: readonly BlockReading[],
  request: PictureRequest,
  observe: (
    request: PictureRequest,
    context: Pick<ObserveContext, 'watch' | 'onStages'>,
  ) => Promise<{ readonly readings: readonly BlockReading[] }>,
): Promise<{ readonly updates: readonly BlockUpdates[]; readonly blocks: readonly RereadBlock[] }> {
  const found: StageSample[] = [];
  const { readings } = await observe(request, {
    watch: { updates: kept.map(({ path }) => path), outputs: [], readCodes: true },
    onStages: (_, stages) => found.push(...stages),
  });
  const updates = kept.map(({ block, path }): BlockUpdates => {
    const samples = found.filter((sample) => sample.path === path);
    return {
      block,
      width: samples[0]?.width ?? 0,
      steps: samples.flatMap(({ update }) => (update ? [update] : [])),
    };
  });
  const blocks = kept.map((block) => {
    const again = readings.find(({ path }) => path === block.path);
    return compare(
      block,
      again,
      updates.find((each) => each.block === block.block),
    );
  });
  return { updates, blocks };
}

function compare(
  kept: BlockReading,
  again: BlockReading | undefined,
  updates: BlockUpdates | undefined,
): RereadBlock {
  const { block } = kept;
  const isSameSae = again?.saeSha256 === kept.saeSha256;
  const differences = kept.steps.flatMap((step, index) => {
    // Without an SAE in the block by now the length of ΔD comes from ΔD itself.
    const norm = again?.steps[index]?.norm ?? lengths(updates, index);
    const values = again?.steps[index]?.values;
    const codes = isSameSae ? [relative(values ?? new Float32Array(0), step.values)] : [];
    return [relative(norm, step.norm), ...codes];
  });
  const hasSameIds =
    !isSameSae ||
    kept.steps.every(({ ids, values }, index) => {
      const others = again.steps[index]?.ids;
      return ids.every((id, slot) => values[slot] === 0 || id === others?.[slot]);
    });
  const largestDifference = Math.max(0, ...differences);
  return { block, isSameSae, isEqual: hasSameIds && largestDifference === 0, largestDifference };
}

/** ‖ΔD‖ of each cell. */
function lengths(updates: BlockUpdates | undefined, step: number): Float32Array {
  const { width = 0, steps = [] } = updates ?? {};
  const update = steps[step] ?? new Float32Array(0);
  const cells = width === 0 ? 0 : update.length / width;
  return Float32Array.from({ length: cells }, (_, cell) => {
    let squares = 0;
    for (let channel = 0; channel < width; channel++) {
      squares += (update[channel * cells + cell] ?? 0) ** 2;
    }
    return Math.sqrt(squares);
  });
}

/** Largest absolute difference over the largest absolute value; Infinity for other sizes. */
function relative(got: Float32Array, wanted: Float32Array): number {
  if (got.length !== wanted.length) return Infinity;
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < wanted.length; i++) {
    difference = Math.max(difference, Math.abs((got[i] ?? 0) - (wanted[i] ?? 0)));
    largest = Math.max(largest, Math.abs(wanted[i] ?? 0));
  }
  return difference === 0 ? 0 : difference / largest;
}
