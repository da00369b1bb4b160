import { createHash } from 'node:crypto';
import type { CollectedBlock, CollectedSet } from '../collected/collectedSet.ts';
import type { SampleSource } from './sampleSource.ts';

/**
 * Every cell of one block at the given steps as a sample; a group is one picture at one step. The set must not shrink
 * meanwhile; pictures that are added are not seen.
 */
export function collectedSamples(
  set: CollectedSet,
  { path, dModel, cellsHigh, cellsWide }: CollectedBlock,
  steps: readonly number[],
): SampleSource {
  const { manifest, pictureCount } = set;
  const facts = JSON.stringify([manifest, pictureCount, path, steps]);
  return {
    id: createHash('sha256').update(facts).digest('hex'),
    dModel,
    groupCount: pictureCount * steps.length,
    groupSize: cellsHigh * cellsWide,
    readGroup: (index) => {
      const picture = Math.floor(index / steps.length);
      return set.updates(path, steps[index % steps.length]!, picture, picture + 1);
    },
  };
}
