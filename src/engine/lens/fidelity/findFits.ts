import type { PictureFit, PictureFitPair } from '../../../protocol/pictureFit.ts';
import { type FitChoice, readFits } from './pictureFitFiles.ts';
import { pairOf, pictureFitOf } from './pictureFitOf.ts';

/** What was measured last of an SAE with a model. @param isOfModel whether hashes of files are that model's */
export async function newestFit(
  storageDir: string,
  saeSha256: string,
  isOfModel: (hashes: FitChoice['hashes']) => Promise<boolean>,
): Promise<PictureFit | null> {
  for (const stored of await readFits(storageDir, saeSha256)) {
    const fit = pictureFitOf(saeSha256, stored);
    if (fit && (await isOfModel(stored.choice.hashes))) return fit;
  }
  return null;
}

/** Two SAEs on the same prompts, seeds, settings, block and model; what the first was measured on last goes first. */
export async function sharedFit(
  storageDir: string,
  leftSha256: string,
  rightSha256: string,
): Promise<PictureFitPair | null> {
  const others = await readFits(storageDir, rightSha256);
  for (const left of await readFits(storageDir, leftSha256)) {
    const right = others.find(({ key }) => key === left.key);
    const pair =
      right && pairOf({ ...left, saeSha256: leftSha256 }, { ...right, saeSha256: rightSha256 });
    if (pair) return pair;
  }
  return null;
}
