import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { BuildOptions } from './buildIndex.ts';
import type { IndexShape } from './featureSums.ts';

/** What an index is about; kept in it as JSON and checked when it is read. */
export interface IndexFacts {
  readonly version: 1;
  readonly block: string;
  readonly path: string;
  readonly saeSha256: string;
  readonly nFeatures: number;
  readonly dModel: number;
  readonly cellsHigh: number;
  readonly cellsWide: number;
  readonly stepIndices: readonly number[];
  readonly pictureCount: number;
  readonly exampleLimit: number;
  readonly examplesPerInterval: number;
  readonly thumbnailSize: number | null;
  readonly setName: string;
  /** SHA-256 of the set's manifest as JSON. */
  readonly setSha256: string;
}

export const factsOf = (
  { set, block, sae, exampleLimit, examplesPerInterval, thumbnailSize }: BuildOptions,
  shape: IndexShape,
): IndexFacts => ({
  version: 1,
  block: block.block,
  path: block.path,
  saeSha256: sae.manifest.weights.sha256,
  nFeatures: shape.nFeatures,
  dModel: shape.dModel,
  cellsHigh: block.cellsHigh,
  cellsWide: block.cellsWide,
  stepIndices: set.manifest.steps,
  pictureCount: shape.pictureCount,
  exampleLimit: Math.min(exampleLimit, shape.pictureCount),
  examplesPerInterval,
  thumbnailSize: thumbnailSize ?? null,
  setName: basename(set.dir),
  setSha256: createHash('sha256').update(JSON.stringify(set.manifest)).digest('hex'),
});

/** Equal for work that can be gone on with, and for an index that need not be made again. */
export const identityOf = ({ setName: _, ...facts }: IndexFacts): string => JSON.stringify(facts);
