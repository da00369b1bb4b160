import { chartIds } from '../../src/protocol/specialization.ts';
import type { ReportManifest } from '../../src/engine/lens/specialization/reportManifest.ts';
import {
  type AblateRow,
  type EditRow,
  maskArms,
  type PairRow,
  type ReportRow,
  transferArms,
  type TransferRow,
} from '../../src/engine/lens/specialization/reportRows.ts';
import { type ReportUnit, unitsOf } from '../../src/engine/lens/specialization/reportUnits.ts';

const blocks = ['down.2.1', 'up.0.1'];
const measuring = [1, 3, 5, 7, 9, 11];
const nouns = Array.from({ length: 8 }, (_, place) => `noun ${place}`);
/** Of a model that is not there: six prompts measure four features of two blocks. */
export const madeUpManifest: ReportManifest = {
  settled: {
    version: 1,
    model: { id: 'toy', hashes: {} },
    saes: {},
    promptsName: 'prompts.txt',
    prompts: Array.from({ length: 12 }, (_, seed) => ({ prompt: `prompt ${seed}`, seed })),
    promptUse: { blocks: measuring, edits: measuring },
    // Half of the pictures state the style; every third the light. The noise decides the side.
    scenes: {
      pairsMin: 5,
      pictures: Array.from({ length: 48 }, (_, scene) => ({
        ...{ prompt: `scene ${scene}`, seed: scene },
        said: {
          ...(scene % 4 < 2 && { style: ['sketch'] }),
          ...(scene % 3 === 0 && { light: ['dusk'] }),
        },
        unsaid: { side: scene % 8 < 4 },
      })),
    },
    charts: [...chartIds],
    transfer: {
      ...{ title: 'edits.json', featureCount: 4, strengths: [1, 2], frontCount: 12 },
      pairs: Array.from({ length: 16 }, (_, pair) => ({
        ...{ kind: pair % 2 === 0 ? 'add' : 'tint', original: `a ${pair}`, edited: `b ${pair}` },
        ...{ seed: pair, partner: pair ^ 1 },
        where: { original: 'foreground', edited: 'foreground' },
      })),
    },
    judge: 'classifier',
    classifier: {
      sha256: '0123456789abcdef',
      factors: [
        { name: 'style', classes: ['ink', 'oil'], isChoice: true },
        { name: 'light', classes: ['day', 'dusk'], isChoice: true },
      ],
    },
    masks: { factor: 'object', nouns: [...nouns, 'rare'] },
    absent: [],
    blocks,
    stages: ['down.2.1', 'down.2.resnet.1', 'up.0.1'],
    featureCount: 4,
    doses: [1, 2],
    seed: 3,
    picture: {
      ...{ negativePrompt: '', guidanceScale: 0, scheduler: 'EulerAncestralDiscreteScheduler' },
      ...{ width: 128, height: 128 },
    },
    steps: { main: 1, over: 3 },
  },
  chosen: {
    features: Object.fromEntries(blocks.map((block) => [block, [1, 5, 9, 12]])),
    rms: { 'down.2.1': 2, 'up.0.1': 4 },
    rSquared: { 'down.2.1': 0.8, 'up.0.1': 0.6 },
    explained: { 'down.2.1': 0.7, 'up.0.1': 0.5 },
    notes: [],
  },
};

/** A little of everything that a feature, a prompt and the two together add: the same at every call. */
export const wobble = (...values: readonly number[]): number =>
  1 + 0.1 * Math.sin(values.reduce((sum, value) => 7 * sum + value, 1));

/** Features of up.0.1 recolour twice as much as random directions; all else is alike. */
function editRow(unit: Extract<ReportUnit, { kind: 'edit' }>): EditRow {
  const { kind, block, arm, dose, slot, prompt } = unit;
  const size = dose * wobble(slot, prompt, arm === 'random' ? 1 : 0);
  const isPlanted = block === 'up.0.1' && arm === 'feature';
  return {
    ...{ kind, block, prompt, arm, dose, slot },
    ...{ pixel: 3 * size, inside: 8 * size, outside: 2 * size, ssim: 1 - 0.1 * size },
    ...{ layout: 0.2 * size, colour: (isPlanted ? 6 : 3) * size, texture: 0.4 * size },
    ...{ low: 0.5, middle: 0.3, high: 0.2 },
  };
}

/** Features of up.0.1 tell the style, those of down.2.1 the side; nothing but prompts tells the light. */
function scoreRows({
  block,
  factor,
}: Extract<ReportUnit, { kind: 'score' }>): readonly ReportRow[] {
  const column = (value: number) => ({
    ...{ id: 7, sign: 1 as const, value, low: value - 0.05, high: value + 0.05, nullHigh: 0.6 },
    pValue: value > 0.8 ? 0.001 : 0.5,
  });
  const isUnsaid = factor === 'side';
  const isPlanted = block === (isUnsaid ? 'down.2.1' : 'up.0.1') && factor !== 'light';
  const arms = { feature: isPlanted ? 0.9 : 0.5, shuffled: 0.5, channel: 0.6, told: 0.95 } as const;
  const probes = Object.entries(arms).map(([arm, most]) => ({
    ...{ kind: 'probe', factor, arm: arm as keyof typeof arms, block: arm === 'told' ? '' : block },
    auroc: [1, 2, 3, 4, 5, 6].map((step) => 0.5 + (step / 6) * (most - 0.5)),
  })) satisfies ReportRow[];
  return [
    {
      ...{ kind: 'score', block, factor, pairCount: 12, feature: column(arms.feature) },
      ...{ random: column(0.55), channel: column(0.6), component: column(0.6) },
      ...(block === 'down.2.1' && { told: column(isUnsaid ? 0.5 : 0.95) }),
    },
    ...probes.filter(({ arm }) => !isUnsaid && (arm !== 'told' || block === 'down.2.1')),
  ];
}

/** Features of up.0.1 mark nouns; in down.2.1 channels do as much. One noun has too few pictures. */
const maskScoreRows = ({
  block,
  noun,
}: Extract<ReportUnit, { kind: 'maskScore' }>): readonly ReportRow[] =>
  maskArms.map((arm, place): ReportRow => {
    const n = nouns.indexOf(noun);
    const head = { kind: 'maskScore', block, arm, noun } as const;
    if (n < 0) return { ...head, feature: null, iou: null, shuffled: null, choosing: 9, measuring: 3 }; // prettier-ignore
    const isHigh = arm === 'feature' || (arm === 'channel' && block === 'down.2.1');
    const iou = (isHigh ? 0.6 : 0.3) * wobble(n, place);
    const shuffled = 0.2 * wobble(n, place, 1);
    return { ...head, feature: 7, iou, shuffled, choosing: 9, measuring: 8 };
  });

/** Features of up.0.1 are specific, and no others; all cause what they are active in; sensitivity cannot be told. */
export function conceptRow({
  block,
  slot,
}: Pick<Extract<ReportUnit, { kind: 'concept' }>, 'block' | 'slot'>): ReportRow {
  const size = wobble(slot);
  const beside = (own: number) => ({ own: own * size, shuffled: 0.5 * wobble(slot, 3) });
  return {
    ...{ kind: 'concept', block, slot, feature: slot, label: null, pixel: 10 * size },
    ...{ specificity: beside(block === 'up.0.1' ? 0.8 : 0.5), causality: beside(0.8) },
    sensitivity: null,
  };
}

/** Adding features of up.0.1 shows the style; of the light only one feature is known. */
function steeringRow(unit: Extract<ReportUnit, { kind: 'steer' | 'drift' }>): ReportRow {
  const { block, prompt, slot } = unit;
  const small = 0.2 * Math.sin(5 * prompt + slot);
  if (unit.kind === 'drift') {
    const deltas = { style: [small, -small], light: [0, 0] };
    return { kind: 'drift', block, prompt, slot, deltas, pixel: 3 };
  }
  const { kind, factor } = unit;
  const at = { kind, block, prompt, factor, slot };
  if (factor === 'light' && slot > 0) {
    return { ...at, feature: null, name: null, delta: null, pixel: null };
  }
  const delta = factor === 'style' && block === 'up.0.1' ? 3 * wobble(prompt, slot) : small;
  const name = factor === 'style' ? 'oil' : 'dusk';
  return { ...at, feature: slot, name, delta, pixel: 4 };
}

/** Adding is told by down.2.1 alone, tinting by both; with shuffled pairs both always tell as much. */
function pairRow({ pair }: Pick<PairRow, 'pair'>): PairRow {
  const isAdded = madeUpManifest.settled.transfer?.pairs[pair]?.kind === 'add';
  const shuffled = pair % 2 === 0 ? [3, 5] : [5, 3];
  const counts = (list: number[]) => ({ raw: list, normalised: list });
  return {
    ...{ kind: 'pair', pair, isEverywhere: pair === 0, pixel: 20 * wobble(pair) },
    ...{ own: counts(isAdded ? [8, 0] : shuffled), shuffled: counts(shuffled) },
    look: 0.5 * wobble(pair, 2),
  };
}

/** Per distance from the original, features come twice as near to the edited picture as anything else. */
function transferRow({
  pair,
  arm,
  strength,
}: Pick<TransferRow, 'pair' | 'arm' | 'strength'>): TransferRow {
  const { pixel, look = 0 } = pairRow({ pair });
  const moved = 2 * strength * wobble(pair, strength, transferArms.indexOf(arm));
  const gained = moved * (arm === 'feature' ? 0.5 : 0.25);
  return {
    ...{ kind: 'transfer', pair, arm, strength, pixel: moved, toEdited: pixel - gained },
    look: { original: moved / 50, edited: look - gained / 50 },
  };
}

function rowsOf(unit: ReportUnit): readonly ReportRow[] {
  if (unit.kind === 'edit') return [editRow(unit)];
  if (unit.kind === 'ablate') {
    const { kind, block, prompt, arm, window } = unit;
    const row = { kind, block, prompt, arm, ...(window && { window }) };
    const scale = row.arm === 'ablate' ? 10 : 2;
    const part = row.window ? (row.window[0] ?? 0) + 1 : 4;
    return [{ ...row, pixel: scale * part * wobble(row.prompt), ssim: 0.9 } satisfies AblateRow];
  }
  if (unit.kind === 'scene' || unit.kind === 'mask' || unit.kind === 'untrained') return [];
  if (unit.kind === 'maskScore') return maskScoreRows(unit);
  if (unit.kind === 'pair') return [pairRow(unit)];
  if (unit.kind === 'transfer') return [transferRow(unit)];
  if (unit.kind === 'concept') return [conceptRow(unit)];
  if (unit.kind === 'steer' || unit.kind === 'drift') return [steeringRow(unit)];
  if (unit.kind === 'score') return scoreRows(unit);
  if (unit.kind === 'rebuild') {
    const { kind, block, prompt, arm, count } = unit;
    const row = { kind, block, prompt, arm, count };
    const error = ((arm === 'sae' ? 4 : 6) / count) * wobble(prompt);
    return [{ ...row, error, spread: 10, pixel: error, ssim: 0.9 }];
  }
  const { prompt } = unit;
  return blocks.flatMap((block): ReportRow[] => [
    {
      ...{ kind: 'steps', block, prompt, error: [1, 2, 3].map((e) => e * wobble(prompt)) },
      ...{ spread: [10, 10, 10], l0: [4, 5, 6] },
    },
    ...[
      [0, 1],
      [0, 2],
      [1, 2],
    ].flatMap(([from = 0, to = 0]): ReportRow[] =>
      (['same', 'other'] as const).map((arm) => ({
        ...{ kind: 'stay', block, prompt, arm, from, to },
        ...{ cosine: arm === 'same' ? 0.9 : 0.3, iou: arm === 'same' ? 0.5 : 0.1 },
      })),
    ),
  ]);
}

/** All that such a report measures; features of up.0.1 recolour twice as much as random directions. */
export const madeUpRows: readonly ReportRow[] = [...unitsOf(madeUpManifest)].flatMap(rowsOf);
