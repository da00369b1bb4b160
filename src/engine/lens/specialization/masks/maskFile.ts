import * as z from 'zod';
import { appendLines, readLines } from '../jsonLines.ts';

const fileName = 'masks.jsonl';
const count = z.int().nonnegative();
const counts = z.array(count);

/** Cells by feature: `counts[i]` of `cells` belong to `ids[i]`, one feature after the other. */
const activeSchema = z.strictObject({ ids: counts, counts, cells: counts });

const schema = z.strictObject({
  scene: count,
  /** Nouns whose mask is large enough, with its cells on the classifier's own grid. */
  nouns: z.array(z.strictObject({ noun: z.string(), cells: count })),
  /** None without a noun. */
  blocks: z.record(
    z.string(),
    z.strictObject({
      /** Cells of a step, and steps. */
      ...{ cellCount: count, stepCount: count },
      /** The cells of each noun's mask, in the order of `nouns`. */
      masks: z.array(counts),
      /**
       * Where features are active, of dictionaries of equal sparsity: the SAE, one drawn by chance, channels, principal
       * components (absent where the report has none). Place: `step · cellCount + cell`.
       */
      active: z.strictObject({
        ...{ feature: activeSchema, random: activeSchema, channel: activeSchema },
        component: activeSchema.exactOptional(),
      }),
    }),
  ),
});

export type ActiveCells = z.infer<typeof activeSchema>;
/** Which cells of a scene's picture show which noun, and in which of them features are active: a line of `masks.jsonl`. */
export type SceneMasks = z.infer<typeof schema>;

export const appendMasks = (dir: string, masks: SceneMasks): Promise<void> =>
  appendLines(dir, fileName, [masks]);

/** @param isOwner as for `readLines` @throws `model` for a line that does not fit */
export const readMasks = (dir: string, isOwner = false): Promise<readonly SceneMasks[]> =>
  readLines(dir, fileName, schema, isOwner);
