import * as z from 'zod';
import { appendLines, readLines } from './jsonLines.ts';

const rowsName = 'rows.jsonl';
const number = z.number();
const count = z.int().nonnegative();

/** `feature` is what charts 7 and 8 are about, the others are beside it. */
export const transferArms = ['feature', 'delta', 'random', 'neuron'] as const;
export type TransferArm = (typeof transferArms)[number];

/** Dictionaries whose best feature marks an object's cells: the SAE is what chart 4 is about, the others are beside it. */
export const maskArms = ['feature', 'random', 'channel', 'component'] as const;

const shared = { block: z.string(), prompt: z.int().nonnegative() };

const editSchema = z.strictObject({
  ...{ kind: z.literal('edit'), ...shared },
  arm: z.enum(['feature', 'flip', 'random']),
  /** ‖δ‖ / rms‖ΔD‖ */
  dose: number,
  /** Place among the block's chosen features, or of the random direction that goes with it. */
  slot: z.int().nonnegative(),
  /** Mean |Δ| of 255: all, inside of the edited area, outside. */
  ...{ pixel: number, inside: number, outside: number, ssim: number },
  /** As `changeFormulas`; colour: null where no pixel stayed in place. */
  ...{ layout: number, colour: number.nullable(), texture: number },
  /** Shares of the change by size; null where nothing changed. */
  ...{ low: number.nullable(), middle: number.nullable(), high: number.nullable() },
});
const ablateSchema = z.strictObject({
  ...{ kind: z.literal('ablate'), ...shared },
  arm: z.enum(['ablate', 'random']),
  /** The only steps in which it was left out; all without it. */
  window: z.array(z.int().nonnegative()).optional(),
  ...{ pixel: number, ssim: number },
  /** By the report's LPIPS network; absent without one. */
  lpips: number.exactOptional(),
});
const stepsSchema = z.strictObject({
  ...{ kind: z.literal('steps'), ...shared },
  /** By step: `Σ‖ΔD - h_hat‖²`, `Σ‖ΔD - mean‖²` over the picture's cells, and active features a cell. */
  ...{ error: z.array(number), spread: z.array(number), l0: z.array(number) },
});
const staySchema = z.strictObject({
  ...{ kind: z.literal('stay'), ...shared },
  /** `same`: two steps of one picture; `other`: the later step of the next prompt's picture. */
  arm: z.enum(['same', 'other']),
  ...{ from: z.int().nonnegative(), to: z.int().nonnegative(), cosine: number, iou: number },
});
const columnSchema = z.strictObject({
  /** Feature or channel, and whether larger (1) or smaller (-1) values mean the factor. */
  ...{ id: z.int().nonnegative(), sign: z.literal([1, -1]) },
  /** AUROC on the scoring pairs with its interval; of as good a one by chance; 95 % of chance are below. */
  ...{ value: number, low: number, high: number, pValue: number, nullHigh: number },
});
const scoreSchema = z.strictObject({
  ...{ kind: z.literal('score'), block: z.string(), factor: z.string() },
  /** That scored. */
  pairCount: z.int().positive(),
  /** The best feature, the best of as many directions drawn by chance, the best channel of ΔD. */
  ...{ feature: columnSchema, random: columnSchema, channel: columnSchema },
  /** The best channel of ΔD in the untrained U-net; absent where the report has none, or all of them overflowed. */
  untrained: columnSchema.exactOptional(),
  /** The best principal component of ΔD, where the report has them. */
  component: columnSchema.exactOptional(),
  /** The best entry of what the U-net is told of the prompt; with the first block only. */
  told: columnSchema.exactOptional(),
});
const maskScoreSchema = z.strictObject({
  ...{ kind: z.literal('maskScore'), block: z.string(), arm: z.enum(maskArms), noun: z.string() },
  /** Chosen on one half of the pictures; of channels and components `2 i`, or `2 i + 1` for the opposite direction. */
  feature: count.nullable(),
  /** On the other half, with its own masks and with those of other pictures; null where a half has too few pictures. */
  ...{ iou: number.nullable(), shuffled: number.nullable() },
  /** Pictures that show the noun. */
  ...{ choosing: count, measuring: count },
});
const probeSchema = z.strictObject({
  /** `told`: what the U-net is told of the prompt; the same for all blocks. */
  ...{ kind: z.literal('probe'), block: z.string(), factor: z.string() },
  arm: z.enum(['feature', 'shuffled', 'channel', 'told']),
  /** By size, as `probeSizes`. */
  auroc: z.array(number),
});
const rebuildSchema = z.strictObject({
  ...{ kind: z.literal('rebuild'), ...shared },
  arm: z.enum(['sae', 'pca']),
  /** Features kept in each cell, or components. */
  count: z.int().positive(),
  /** `Σ‖ΔD - rebuilt‖²` and `Σ‖ΔD - mean‖²` over the picture's cells, the mean that of the choosing prompts. */
  ...{ error: number, spread: number },
  ...{ pixel: number, ssim: number },
});
const steerSchema = z.strictObject({
  /** A feature was added everywhere: one that goes with a class of a factor in what the classifier sees. */
  ...{ kind: z.literal('steer'), ...shared, factor: z.string(), slot: z.int().nonnegative() },
  /** Feature and class with how far the class's logit moved, and mean |Δ| of 255; null where no more features go with it. */
  ...{ feature: z.int().nonnegative().nullable(), name: z.string().nullable() },
  ...{ delta: number.nullable(), pixel: number.nullable() },
});
const driftSchema = z.strictObject({
  /** A random direction was added everywhere: by factor, how far each class's logit moved. */
  ...{ kind: z.literal('drift'), ...shared, slot: z.int().nonnegative() },
  ...{ deltas: z.record(z.string(), z.array(number)), pixel: number },
});
const besideShuffled = z.strictObject({ own: number, shuffled: number });
const conceptSchema = z.strictObject({
  ...{ kind: z.literal('concept'), block: z.string(), slot: z.int().nonnegative() },
  feature: z.int().nonnegative(),
  /** The word of prompts that goes with it; null where none does. */
  label: z.string().nullable(),
  /** As `conceptScores`; null where they cannot be had. Sensitivity: by area, as `areasMin`. */
  ...{ specificity: besideShuffled.nullable(), causality: besideShuffled.nullable() },
  sensitivity: z.array(besideShuffled).nullable(),
  /** Mean |Δ| of 255 between its icon and the picture of the empty prompt; null without an icon. */
  pixel: number.nullable(),
});
const byShare = z.strictObject({ raw: z.array(count), normalised: z.array(count) });
/** Of two pictures, beside the original's and beside the edited prompt's. */
const beside = z.strictObject({ original: number, edited: number });
const pairSchema = z.strictObject({
  ...{ kind: z.literal('pair'), pair: count },
  /** Nothing stood out in one of the pictures: its mask is everywhere. */
  isEverywhere: z.boolean(),
  /** By block: features that would be transferred, added and removed, of the pair and with its partner's edited prompt. */
  ...{ own: byShare, shuffled: byShare },
  /** Between the two prompts' pictures: mean |Δ| of 255; by the report's LPIPS network and judge, absent without them. */
  ...{ pixel: number, lpips: number.exactOptional(), look: number.exactOptional() },
  /** 1 - cosine of the original's picture and either prompt, by CLIP; absent without its text part. */
  words: beside.exactOptional(),
});
const transferRowSchema = z.strictObject({
  ...{ kind: z.literal('transfer'), pair: count },
  /** What was transferred: features, the masked update itself, neurons, features drawn by chance. */
  ...{ arm: z.enum(transferArms), strength: number },
  /** Mean |Δ| of 255 to the original's picture, and to the edited prompt's. */
  ...{ pixel: number, toEdited: number },
  /** As of pairs. */
  ...{ lpips: beside.exactOptional(), look: beside.exactOptional() },
  /** As of pairs, of the picture with the transfer. */
  words: beside.exactOptional(),
});
const schema = z.discriminatedUnion('kind', [
  pairSchema,
  transferRowSchema,
  steerSchema,
  driftSchema,
  conceptSchema,
  editSchema,
  ablateSchema,
  stepsSchema,
  staySchema,
  scoreSchema,
  maskScoreSchema,
  probeSchema,
  rebuildSchema,
]);

export type EditRow = z.infer<typeof editSchema>;
export type AblateRow = z.infer<typeof ablateSchema>;
export type StepsRow = z.infer<typeof stepsSchema>;
export type StayRow = z.infer<typeof staySchema>;
export type ScoreRow = z.infer<typeof scoreSchema>;
export type MaskScoreRow = z.infer<typeof maskScoreSchema>;
export type ProbeRow = z.infer<typeof probeSchema>;
export type RebuildRow = z.infer<typeof rebuildSchema>;
export type SteerRow = z.infer<typeof steerSchema>;
export type DriftRow = z.infer<typeof driftSchema>;
export type ConceptRow = z.infer<typeof conceptSchema>;
export type PairRow = z.infer<typeof pairSchema>;
export type TransferRow = z.infer<typeof transferRowSchema>;
/** A figure of a feature, and its mean when labels are shuffled among the features of its block. */
export type BesideShuffled = z.infer<typeof besideShuffled>;
/** One measurement: a line of `rows.jsonl`. */
export type ReportRow = z.infer<typeof schema>;

/** Kinds of columns of which the best one tells a factor: features, and what they are compared with. */
export const scoreArms = [
  'feature',
  'random',
  'channel',
  'untrained',
  'component',
  'told',
] as const;
export type ScoreArm = (typeof scoreArms)[number];

/** What tells a row from every other of its report. */
export function rowKey(
  row:
    | Pick<EditRow, 'kind' | 'block' | 'prompt' | 'arm' | 'dose' | 'slot'>
    | Pick<AblateRow, 'kind' | 'block' | 'prompt' | 'arm' | 'window'>
    | Pick<StepsRow, 'kind' | 'block' | 'prompt'>
    | Pick<StayRow, 'kind' | 'block' | 'prompt' | 'arm' | 'from' | 'to'>
    | Pick<ScoreRow, 'kind' | 'block' | 'factor'>
    | Pick<MaskScoreRow, 'kind' | 'block' | 'noun' | 'arm'>
    | Pick<ProbeRow, 'kind' | 'block' | 'factor' | 'arm'>
    | Pick<RebuildRow, 'kind' | 'block' | 'prompt' | 'arm' | 'count'>
    | Pick<SteerRow, 'kind' | 'block' | 'prompt' | 'factor' | 'slot'>
    | Pick<DriftRow, 'kind' | 'block' | 'prompt' | 'slot'>
    | Pick<ConceptRow, 'kind' | 'block' | 'slot'>
    | Pick<PairRow, 'kind' | 'pair'>
    | Pick<TransferRow, 'kind' | 'pair' | 'arm' | 'strength'>,
): string {
  if (row.kind === 'pair') return `pair ${row.pair}`;
  if (row.kind === 'transfer') return ['transfer', row.pair, row.arm, row.strength].join(' ');
  const { kind, block } = row;
  const about = 'prompt' in row ? [row.prompt] : 'factor' in row ? [row.factor] : [];
  const head = [kind, block, ...about];
  switch (row.kind) {
    case 'edit':
      return [...head, row.arm, row.dose, row.slot].join(' ');
    case 'ablate':
      return [...head, row.arm, row.window?.join('+') ?? 'all'].join(' ');
    case 'steps':
      return head.join(' ');
    case 'stay':
      return [...head, row.arm, row.from, row.to].join(' ');
    case 'score':
      return head.join(' ');
    case 'maskScore':
      return [...head, row.arm, row.noun].join(' ');
    case 'probe':
      return [...head, row.arm].join(' ');
    case 'rebuild':
      return [...head, row.arm, row.count].join(' ');
    case 'steer':
      return [...head, row.factor, row.slot].join(' ');
    case 'drift':
    case 'concept':
      return [...head, row.slot].join(' ');
  }
}

/** Adds rows that belong together, in one write. */
export const appendRows = (dir: string, rows: readonly ReportRow[]): Promise<void> =>
  appendLines(dir, rowsName, rows);

/** The rows of a report, each once. @param isOwner as for `readLines` @throws `model` for a line that is no row */
export async function readRows(dir: string, isOwner = false): Promise<readonly ReportRow[]> {
  const rows = await readLines(dir, rowsName, schema, isOwner);
  return [...new Map(rows.map((row) => [rowKey(row), row])).values()];
}
