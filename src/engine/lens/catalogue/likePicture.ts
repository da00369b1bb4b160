import { activities } from '../../../numerics/codes.ts';
import { invalidInput } from '../../../protocol/errors.ts';
import type { BlockReading } from '../../../protocol/features.ts';
import type { LikePictureRow } from '../../../protocol/indexSearch.ts';
import type { Catalogue } from './catalogue.ts';

/** Means over all samples of a picture by feature id; inactive features are left out. */
export function pictureMeans(reading: BlockReading): Map<number, number> {
  const means = new Map<number, number>();
  for (const step of reading.steps) {
    for (const { id, mean } of activities({ ...reading, ...step })) {
      means.set(id, (means.get(id) ?? 0) + mean / reading.steps.length);
    }
  }
  return means;
}

/**
 * Features that set a picture apart from those of the collected set: by z-score of its mean strength over the set's
 * pictures.
 *
 * @returns best first; blocks whose SAE has no index are named
 */
export function likePicture(
  catalogue: Catalogue,
  readings: readonly BlockReading[],
  limit: number,
): { rows: readonly LikePictureRow[]; skippedBlocks: readonly string[] } {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > 500) {
    throw invalidInput(`limit is ${limit}; allowed are whole numbers from 1 to 500.`);
  }
  const skippedBlocks: string[] = [];
  const found: { feature: number; meanInPicture: number; zScore: number }[] = [];
  for (const reading of readings) {
    const placed = catalogue.blocks.find(
      ({ block }) => block.summary.saeSha256 === reading.saeSha256,
    );
    if (!placed) {
      skippedBlocks.push(reading.block);
      continue;
    }
    const { block, offset } = placed;
    for (const [id, meanInPicture] of pictureMeans(reading)) {
      const std = block.pictureStd[id] ?? 0;
      // A feature that was dead in the set has no scale to be measured by.
      if (!(std > 0)) continue;
      const zScore = (meanInPicture - block.pictureMean[id]!) / std;
      found.push({ feature: offset + id, meanInPicture, zScore });
    }
  }
  const rows = found
    .sort((a, b) => b.zScore - a.zScore || a.feature - b.feature)
    .slice(0, limit)
    .map(({ feature, meanInPicture, zScore }) => ({
      ...catalogue.row(feature),
      meanInPicture,
      zScore,
    }));
  return { rows, skippedBlocks };
}
