import { meanOf } from '../../../numerics/meanOf.ts';
import { differenceMap, largestDifference } from '../../../numerics/pictureDistance.ts';
import { ssim } from '../../../numerics/ssim.ts';
import type { Picture } from '../../../protocol/engine.ts';
import type { MadeHereVerdict } from '../../../protocol/explain.ts';
import type { ModelIdentity } from '../../../protocol/manifest.ts';

/** Whether a picture that was made again is the file's, pixel by pixel. */
export function compareWithFile(made: Picture, file: Picture): MadeHereVerdict {
  if (made.width !== file.width || made.height !== file.height) return { kind: 'otherSize' };
  const largest = largestDifference(made.rgb, file.rgb);
  if (largest === 0) return { kind: 'exact' };
  const map = differenceMap(made.rgb, file.rgb);
  const mean = meanOf(map);
  const share = map.reduce((count, value) => count + (value > 0 ? 1 : 0), 0) / map.length;
  const difference = {
    ...{ largest, mean, share },
    ssim: ssim(made.rgb, file.rgb, made.width, made.height),
  };
  return { kind: 'differs', difference };
}

/** Files that are not the same in two models, by their path in the folder; empty for one and the same model. */
export function differingFiles(one: ModelIdentity, other: ModelIdentity): readonly string[] {
  const names = Object.keys({ ...one.hashes, ...other.hashes }).sort();
  return names.filter((name) => one.hashes[name] !== other.hashes[name]);
}
