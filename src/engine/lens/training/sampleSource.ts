/** Samples on disk, in groups that are read as one (the cells of a picture at a step); all groups are of one size. */
export interface SampleSource {
  /** Says what the samples are: equal when they are the same. Kept with a training, checked when it goes on. */
  readonly id: string;
  readonly dModel: number;
  readonly groupCount: number;
  /** Samples a group. */
  readonly groupSize: number;
  /** @returns f32 `[groupSize, dModel]`, always the same for the same index */
  readGroup(index: number, signal?: AbortSignal): Promise<Float32Array>;
}

export const sampleCountOf = ({ groupCount, groupSize }: SampleSource): number =>
  groupCount * groupSize;
