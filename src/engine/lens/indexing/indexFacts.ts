import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { IndexFacts } from '../../store/indexFacts.ts';
import type { BuildOptions } from './buildIndex.ts';
import type { IndexShape } from './featureSums.ts';

/** What an index of these options is about. */
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
  stepIndices: [...set.manifest.steps],
  pictureCount: shape.pictureCount,
  exampleLimit: Math.min(exampleLimit, shape.pictureCount),
  examplesPerInterval,
  thumbnailSize: thumbnailSize ?? null,
  setName: basename(set.dir),
  setSha256: createHash('sha256').update(JSON.stringify(set.manifest)).digest('hex'),
});
