import type { ExtraTaps } from '../../onnx/findStages.ts';
import { factorNames } from './factors/statedFactors.ts';
import { unsaidNames } from './factors/unsaidPairs.ts';
import {
  blockPrompts,
  editPrompts,
  measuringPrompts,
  type ReportManifest,
} from './reportManifest.ts';
import {
  type AblateRow,
  type ConceptRow,
  type DriftRow,
  type EditRow,
  type MaskScoreRow,
  type PairRow,
  type RebuildRow,
  type ReportRow,
  rowKey,
  type ScoreRow,
  type SteerRow,
  type StepsRow,
  transferArms,
  type TransferRow,
} from './reportRows.ts';
import { editCharts, sceneCharts } from './chartNeeds.ts';

/** One thing to measure: one edited picture, or the codes of one unedited one with several steps. */
export type ReportUnit =
  | (Pick<EditRow, 'kind' | 'block' | 'prompt' | 'arm' | 'dose' | 'slot'> & Place)
  | (Pick<AblateRow, 'kind' | 'block' | 'prompt' | 'arm' | 'window'> & Place)
  | (Pick<StepsRow, 'kind' | 'prompt'> & Place)
  | (Pick<RebuildRow, 'kind' | 'block' | 'prompt' | 'arm' | 'count'> & Place)
  /** The codes of a picture whose scene is known; then what they say of a factor. */
  | ({ readonly kind: 'scene'; readonly scene: number } & Place)
  /** The same picture's run with the untrained U-net. */
  | ({ readonly kind: 'untrained'; readonly scene: number } & Place)
  | (Pick<ScoreRow, 'kind' | 'block' | 'factor'> & Place)
  /** Which cells of such a picture show which noun, and where features are active; then how well the two agree. */
  | ({ readonly kind: 'mask'; readonly scene: number } & Place)
  | (Pick<MaskScoreRow, 'kind' | 'block' | 'noun'> & Place)
  | (Pick<SteerRow, 'kind' | 'block' | 'prompt' | 'factor' | 'slot'> & Place)
  | (Pick<DriftRow, 'kind' | 'block' | 'prompt' | 'slot'> & Place)
  | (Pick<ConceptRow, 'kind' | 'block' | 'slot'> & Place)
  | (Pick<PairRow, 'kind' | 'pair'> & Place)
  | (Pick<TransferRow, 'kind' | 'pair' | 'arm' | 'strength'> & Place);

interface Place {
  /** Which pictures: with the model's own steps or with several, and in the U-net with which taps beside the usual ones. */
  readonly run: 'main' | 'over';
  readonly extraTaps?: ExtraTaps;
}

/** The key of the row, or of the first of the rows, that a unit makes. */
export function unitKey(unit: ReportUnit, { settled }: ReportManifest): string {
  if (unit.kind === 'scene') return sceneKey(unit.scene);
  if (unit.kind === 'untrained') return untrainedKey(unit.scene);
  if (unit.kind === 'mask') return maskKey(unit.scene);
  if (unit.kind === 'maskScore') return rowKey({ ...unit, arm: 'feature' });
  return unit.kind === 'steps' ? rowKey({ ...unit, block: settled.blocks[0] ?? '' }) : rowKey(unit);
}

const sceneKey = (scene: number): string => `scene ${scene}`;
const untrainedKey = (scene: number): string => `untrained ${scene}`;
const maskKey = (scene: number): string => `mask ${scene}`;

/** The keys of all units that a report has made. */
export const doneKeys = (made: {
  readonly rows: readonly ReportRow[];
  readonly scenes: readonly { readonly scene: number }[];
  readonly untrained: readonly { readonly scene: number }[];
  readonly masks: readonly { readonly scene: number }[];
}): ReadonlySet<string> =>
  new Set([
    ...made.rows.map(rowKey),
    ...made.scenes.map(({ scene }) => sceneKey(scene)),
    ...made.untrained.map(({ scene }) => untrainedKey(scene)),
    ...made.masks.map(({ scene }) => maskKey(scene)),
  ]);

/** Features a cell, and components, with which chart 14 rebuilds. */
export const rebuildCounts = [1, 2, 4, 8, 16] as const;

/** A few windows that cover all steps, in equal parts as far as possible. */
export function windowsOf(stepCount: number): readonly (readonly number[])[] {
  const count = Math.min(stepCount, 4);
  return Array.from({ length: count }, (_, window) => {
    const [from, to] = [window, window + 1].map((w) => Math.round((w * stepCount) / count));
    return Array.from({ length: (to ?? 0) - (from ?? 0) }, (__, i) => (from ?? 0) + i);
  });
}

/**
 * All that a report measures, prompt by prompt, so that its charts are over whole prompts at any time. What takes longest,
 * features added one by one (charts 2, 3, 5 and 9), comes last: all else is whole before.
 */
export function* unitsOf(manifest: ReportManifest): Generator<ReportUnit> {
  const { settled, chosen } = manifest;
  const { charts, blocks, stages } = settled;
  const run = 'main';
  yield* stepUnits(settled);
  if (charts.includes(14)) {
    for (const prompt of measuringPrompts(settled)) {
      for (const block of blocks) {
        for (const count of rebuildCounts) {
          for (const arm of ['sae', 'pca'] as const) {
            yield { kind: 'rebuild', run, block, prompt, arm, count };
          }
        }
      }
    }
  }
  for (const [scene] of settled.scenes.pictures.entries()) yield { kind: 'scene', run, scene };
  if (settled.masks) {
    for (const [scene] of settled.scenes.pictures.entries()) yield { kind: 'mask', run, scene };
    for (const noun of settled.masks.nouns) {
      for (const block of blocks) yield { kind: 'maskScore', run, block, noun };
    }
  }
  if (charts.includes(4) && chosen.untrained) {
    for (const [scene] of settled.scenes.pictures.entries()) {
      yield { kind: 'untrained', run, scene };
    }
  }
  if (charts.some((id) => sceneCharts.includes(id))) {
    const unsaid = charts.includes(4) ? unsaidNames(settled.scenes) : [];
    for (const factor of [...factorNames(settled.scenes), ...unsaid]) {
      for (const block of blocks) yield { kind: 'score', run, block, factor };
    }
  }
  if (charts.includes(13)) {
    for (const block of blocks) {
      for (const [slot] of (chosen.features[block] ?? []).entries()) {
        yield { kind: 'concept', run, block, slot };
      }
    }
  }
  yield* pairUnits(settled);
  for (const prompt of stages.length > 0 ? blockPrompts(settled) : []) {
    for (const block of stages) {
      for (const arm of ['ablate', 'random'] as const) {
        yield { kind: 'ablate', run, block, prompt, arm, extraTaps: 'resnet' };
      }
    }
  }
  for (const prompt of editPrompts(settled)) {
    if (charts.some((id) => editCharts.includes(id))) yield* editUnits(manifest, prompt);
    if (charts.includes(5)) yield* steeringUnits(settled, prompt);
  }
}

/** Charts 10, 11 and 12. */
function* stepUnits(settled: ReportManifest['settled']): Generator<ReportUnit> {
  const { charts, blocks, steps } = settled;
  const prompts = blockPrompts(settled);
  const run = 'over';
  if (charts.some((id) => id === 10 || id === 11)) {
    for (const prompt of prompts) yield { kind: 'steps', run, prompt };
  }
  if (!charts.includes(12)) return;
  for (const prompt of prompts) {
    for (const block of blocks) {
      for (const window of windowsOf(steps.over)) {
        for (const arm of ['ablate', 'random'] as const) {
          yield { kind: 'ablate', run, block, prompt, arm, window: [...window] };
        }
      }
    }
  }
}

/** Charts 2, 3 and 9. */
function* editUnits({ settled, chosen }: ReportManifest, prompt: number): Generator<ReportUnit> {
  const { charts, blocks, doses } = settled;
  const arms = ['feature', 'random', ...(charts.includes(9) ? (['flip'] as const) : [])] as const;
  for (const block of blocks) {
    for (const [slot] of (chosen.features[block] ?? []).entries()) {
      for (const dose of doses) {
        for (const arm of arms) yield { kind: 'edit', run: 'main', block, prompt, arm, dose, slot };
      }
    }
  }
}

/** Which features are added is known once all scenes are; how many of them is known before. */
function* steeringUnits(
  { blocks, classifier, featureCount }: ReportManifest['settled'],
  prompt: number,
): Generator<ReportUnit> {
  for (const block of blocks) {
    for (let slot = 0; slot < featureCount; slot++) {
      for (const { name: factor } of classifier?.factors ?? []) {
        yield { kind: 'steer', run: 'main', block, prompt, factor, slot };
      }
      yield { kind: 'drift', run: 'main', block, prompt, slot };
    }
  }
}

/** Pairs first, then what is transferred, pair by pair; neurons last, as they need the U-net in another form. */
function* pairUnits({ charts, transfer }: ReportManifest['settled']): Generator<ReportUnit> {
  if (!transfer) return;
  const { pairs, frontCount, strengths } = transfer;
  const run = 'main';
  const count = charts.includes(7) ? pairs.length : frontCount;
  for (let pair = 0; pair < count; pair++) yield { kind: 'pair', run, pair };
  if (!charts.includes(8)) return;
  for (const isNeuron of [false, true]) {
    const arms = transferArms.filter((arm) => (arm === 'neuron') === isNeuron);
    for (let pair = 0; pair < frontCount; pair++) {
      for (const strength of strengths) {
        for (const arm of arms) {
          const taps = isNeuron ? { extraTaps: 'neurons' as const } : {};
          yield { kind: 'transfer', run, pair, arm, strength, ...taps };
        }
      }
    }
  }
}
