import * as z from 'zod';
import { appendLines, readLines } from '../jsonLines.ts';

const fileName = 'untrained.jsonl';

const schema = z.strictObject({
  scene: z.int().nonnegative(),
  /** By block: mean ΔD over cells and steps, by channel; null where shuffled weights made it overflow. */
  blocks: z.record(z.string(), z.array(z.number().nullable())),
});

/** What the untrained U-net's blocks did in the run of one known scene: a line of `untrained.jsonl`, five digits each. */
export type UntrainedScene = z.infer<typeof schema>;

export const appendUntrained = (dir: string, scene: UntrainedScene): Promise<void> =>
  appendLines(dir, fileName, [scene]);

/** @param isOwner as for `readLines` @throws `model` for a line that does not fit */
export const readUntrained = (dir: string, isOwner = false): Promise<readonly UntrainedScene[]> =>
  readLines(dir, fileName, schema, isOwner);
