import type { SampleSource } from '../../src/engine/lens/training/sampleSource.ts';

/** Samples in memory as a source; what does not fill a group is left out. */
export function memorySamples(
  samples: Float32Array,
  dModel: number,
  groupSize: number,
  id = 'memory',
): SampleSource {
  const length = groupSize * dModel;
  return {
    ...{ id, dModel, groupSize, groupCount: Math.floor(samples.length / length) },
    readGroup: (index) => Promise.resolve(samples.subarray(index * length, (index + 1) * length)),
  };
}
