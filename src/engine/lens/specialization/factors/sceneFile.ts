import * as z from 'zod';
import { appendLines, readLines } from '../jsonLines.ts';

const fileName = 'scenes.jsonl';
const numbers = z.array(z.number());
const sparse = z.strictObject({ ids: z.array(z.int().nonnegative()), values: numbers });

const schema = z.strictObject({
  scene: z.int().nonnegative(),
  /** What the U-net was told: `summaryOf` the conditioning. */
  told: numbers,
  blocks: z.record(
    z.string(),
    z.strictObject({
      /** Mean code over cells and steps of the features that were active, of the SAE and of one drawn by chance. */
      ...{ codes: sparse, random: sparse },
      /** Mean ΔD over cells and steps, by channel. */
      channels: numbers,
      /** Share of cells and steps in which a feature was active. */
      area: sparse.exactOptional(),
    }),
  ),
  /** What CLIP makes of the picture: its embedding, of length 1. */
  look: numbers.exactOptional(),
  /** What the model's classifier sees in it: by factor, the probability of each class. */
  seen: z.record(z.string(), numbers).exactOptional(),
});

export type SparseMeans = z.infer<typeof sparse>;
/** One picture of a known scene as figures: a line of `scenes.jsonl`, five digits each. */
export type SceneCodes = z.infer<typeof schema>;

export const appendScene = (dir: string, scene: SceneCodes): Promise<void> =>
  appendLines(dir, fileName, [scene]);

/** @param isOwner as for `readLines` @throws `model` for a line that does not fit */
export const readScenes = (dir: string, isOwner = false): Promise<readonly SceneCodes[]> =>
  readLines(dir, fileName, schema, isOwner);
