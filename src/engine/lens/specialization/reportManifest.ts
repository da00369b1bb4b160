import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { modelError } from '../../../protocol/errors.ts';
import { schedulerNames } from '../../../protocol/manifest.ts';
import { maskSchema } from '../../../protocol/recipeSchema.ts';
import { chartIds } from '../../../protocol/specialization.ts';
import { issuesOf } from '../../models/modelFiles.ts';
import { writeWhole } from '../../files/writeWhole.ts';

const manifestName = 'specialization.json';
const count = z.int().nonnegative();

/** Where in a picture a pair of prompts looks; `foreground` as `foregroundMask`, `background` its opposite. */
const whereSchema = z.union([z.enum(['everything', 'foreground', 'background']), maskSchema]);

const transferSchema = z.strictObject({
  /** Where the pairs come from. */
  title: z.string(),
  /** Features that are added, and as many that are removed. */
  featureCount: z.int().positive(),
  strengths: z.array(z.number().positive()),
  /** So many pairs are transferred; all of them are counted. */
  frontCount: count,
  pairs: z.array(
    z.strictObject({
      ...{ kind: z.string(), original: z.string(), edited: z.string() },
      seed: z.int().min(0).max(0xffffffff),
      /** The pair whose edited prompt takes the place of this one's in the control. */
      partner: count,
      where: z.strictObject({
        ...{ original: whereSchema, edited: whereSchema },
        /** The run whose mask counts in both. */
        shared: z.enum(['original', 'edited']).exactOptional(),
      }),
    }),
  ),
});

const settledSchema = z.strictObject({
  version: z.literal(1),
  model: z.strictObject({ id: z.string(), hashes: z.record(z.string(), z.string()) }),
  /** SHA-256 of each block's SAE weights. */
  saes: z.record(z.string(), z.string()),
  /** SHA-256 of the LPIPS network that chart 1 compares with; absent without one. */
  lpips: z.string().exactOptional(),
  /** What tells how alike pictures are (chart 13); absent without that chart. */
  judge: z.enum(['clip', 'classifier', 'words']).exactOptional(),
  /** SHA-256 of the CLIP network that judges; absent where none does. */
  clip: z.string().exactOptional(),
  /** SHA-256 of its text part, which chart 8 compares pictures and prompts with; absent without it. */
  clipText: z.string().exactOptional(),
  /** The model's classifier with what it tells; absent where no chart needs it. */
  classifier: z
    .strictObject({
      sha256: z.string(),
      factors: z.array(
        z.strictObject({
          ...{ name: z.string(), classes: z.array(z.string()) },
          /** One of the classes holds; otherwise each may be in the picture or not. */
          isChoice: z.boolean(),
        }),
      ),
    })
    .exactOptional(),
  /**
   * The factor of which the classifier also has a map of cells, with its classes: chart 4 compares them with where features
   * are active. Absent without that chart, a classifier or such a map.
   */
  masks: z.strictObject({ factor: z.string(), nouns: z.array(z.string()) }).exactOptional(),
  /** Charts that were wanted and cannot be made, and why. */
  absent: z.array(z.string()).default([]),
  promptsName: z.string(),
  prompts: z.array(z.strictObject({ prompt: z.string(), seed: z.int().min(0).max(0xffffffff) })),
  /**
   * Places in `prompts`: of charts 1, 10, 11 and 12, about whole blocks, for which nothing was chosen; and of charts 2, 3, 5
   * and 9, in which features are edited.
   */
  promptUse: z.strictObject({ blocks: z.array(count), edits: z.array(count) }),
  /** Pictures of charts 4, 5, 6 and 13; a grammar says what they state. None without these charts. */
  scenes: z
    .strictObject({
      /** Pairs that each half needs for a factor to count. */
      pairsMin: count,
      pictures: z.array(
        z.strictObject({
          ...{ prompt: z.string(), seed: z.int().min(0).max(0xffffffff) },
          said: z.record(z.string(), z.array(z.string())),
          /** What the noise decided and the prompt does not state, as `unsaidIn`; absent where there is nothing. */
          unsaid: z.record(z.string(), z.boolean()).exactOptional(),
        }),
      ),
    })
    .default({ pairsMin: 0, pictures: [] }),
  /** Charts 7 and 8; absent without them. */
  transfer: transferSchema.exactOptional(),
  charts: z.array(z.literal(chartIds)),
  blocks: z.array(z.string()),
  /** Stages that chart 1 leaves out; those without an attention stage's name are resnets. */
  stages: z.array(z.string()),
  featureCount: count,
  doses: z.array(z.number().positive()),
  seed: z.int().min(0).max(0xffffffff),
  picture: z.strictObject({
    ...{ negativePrompt: z.string(), guidanceScale: z.number(), scheduler: z.enum(schedulerNames) },
    ...{ width: count, height: count },
  }),
  /** Of the pictures of charts 1, 2, 3 and 9, and of charts 10, 11 and 12. */
  steps: z.strictObject({ main: z.int().positive(), over: z.int().positive() }),
});

const chosenSchema = z.strictObject({
  /** By block: what was drawn by chance of the features that were active on the choosing half. */
  features: z.record(z.string(), z.array(count)),
  /** By block: root mean square of ‖ΔD‖ over cells, steps and choosing prompts. */
  rms: z.record(z.string(), z.number().positive()),
  /** By block: R² of its SAE on the choosing prompts, as `FitSums` has it. */
  rSquared: z.record(z.string(), z.number()),
  /** By block: explained variance of its SAE on the choosing prompts, as `FitSums` has it. */
  explained: z.record(z.string(), z.number()).default({}),
  /** What was left out, and why. */
  notes: z.array(z.string()),
  /** Whether chart 4 has the untrained U-net beside it; absent before that is asked, and without chart 4. */
  untrained: z.boolean().exactOptional(),
});

const schema = z.strictObject({ settled: settledSchema, chosen: chosenSchema });

/** Everything about a report that is known before its job runs. */
export type SettledReport = z.infer<typeof settledSchema>;
export type SettledTransfer = z.infer<typeof transferSchema>;
export type SettledPair = SettledTransfer['pairs'][number];
export type PairPlace = z.infer<typeof whereSchema>;
/** What the choosing half of the prompts decided. */
export type ChosenFeatures = z.infer<typeof chosenSchema>;
/** What a report is, without times and paths: the same choice of the same model gives the same file. */
export interface ReportManifest {
  readonly settled: SettledReport;
  readonly chosen: ChosenFeatures;
}

/**
 * @returns undefined when the folder holds no report
 * @throws `model` for a file that is not ours
 */
export async function readManifest(dir: string): Promise<ReportManifest | undefined> {
  const text = await readFile(join(dir, manifestName), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw modelError(`${manifestName} in "${dir}" is not valid JSON.`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw modelError(`${manifestName} in "${dir}" is no report of ours: ${issuesOf(parsed.error)}`);
}

export const writeManifest = (dir: string, manifest: ReportManifest): Promise<void> =>
  writeWhole(join(dir, manifestName), `${JSON.stringify(manifest, null, 1)}\n`);

/** Prompts take turns: the first chooses, the second measures, and so on. @returns places in `prompts` */
export const choosingPrompts = ({ prompts }: SettledReport): readonly number[] =>
  prompts.flatMap((_, index) => (index % 2 === 0 ? [index] : []));
export const measuringPrompts = ({ prompts }: Pick<SettledReport, 'prompts'>): readonly number[] =>
  prompts.flatMap((_, index) => (index % 2 === 1 ? [index] : []));

/** Prompts of charts about whole blocks. */
export const blockPrompts = (settled: SettledReport): readonly number[] => settled.promptUse.blocks;

/** The prompt whose picture a prompt's own is compared with; after the last comes the first. */
export function promptAfter(prompt: number, settled: SettledReport): number {
  const prompts = blockPrompts(settled);
  return prompts[(prompts.indexOf(prompt) + 1) % prompts.length] ?? prompt;
}

/** Prompts in which features are edited. */
export const editPrompts = (settled: SettledReport): readonly number[] => settled.promptUse.edits;
