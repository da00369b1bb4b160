import { factorNames } from './factors/statedFactors.ts';
import { measuringPrompts, type ReportManifest } from './reportManifest.ts';
import {
  type AblateRow,
  type ConceptRow,
  type DriftRow,
  type EditRow,
  type RebuildRow,
  rowKey,
  type ScoreRow,
  type SteerRow,
  type StepsRow,
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
  | (Pick<ScoreRow, 'kind' | 'block' | 'factor'> & Place)
  | (Pick<SteerRow, 'kind' | 'block' | 'prompt' | 'factor' | 'slot'> & Place)
  | (Pick<DriftRow, 'kind' | 'block' | 'prompt' | 'slot'> & Place)
  | (Pick<ConceptRow, 'kind' | 'block' | 'slot'> & Place);

interface Place {
  /** Which pictures: with the model's own steps or with several, and in the U-net with taps at its resnets. */
  readonly run: 'main' | 'over';
  readonly inResnets?: true;
}

/** The key of the row, or of the first of the rows, that a unit makes. */
export function unitKey(unit: ReportUnit, { settled }: ReportManifest): string {
  if (unit.kind === 'scene') return sceneKey(unit.scene);
  return unit.kind === 'steps' ? rowKey({ ...unit, block: settled.blocks[0] ?? '' }) : rowKey(unit);
}

export const sceneKey = (scene: number): string => `scene ${scene}`;

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

/** All that a report measures, prompt by prompt, so that its charts are over whole prompts at any time. */
export function* unitsOf({ settled, chosen }: ReportManifest): Generator<ReportUnit> {
  const { charts, blocks, stages, doses, steps } = settled;
  const prompts = measuringPrompts(settled);
  const run = 'main';
  if (charts.some((id) => editCharts.includes(id))) {
    const arms = ['feature', 'random', ...(charts.includes(9) ? (['flip'] as const) : [])] as const;
    for (const prompt of prompts) {
      for (const block of blocks) {
        for (const [slot] of (chosen.features[block] ?? []).entries()) {
          for (const dose of doses) {
            for (const arm of arms) yield { kind: 'edit', run, block, prompt, arm, dose, slot };
          }
        }
      }
    }
  }
  if (charts.some((id) => id === 10 || id === 11)) {
    for (const prompt of prompts) yield { kind: 'steps', run: 'over', prompt };
  }
  if (charts.includes(12)) {
    for (const prompt of prompts) {
      for (const block of blocks) {
        for (const window of windowsOf(steps.over)) {
          for (const arm of ['ablate', 'random'] as const) {
            yield { kind: 'ablate', run: 'over', block, prompt, arm, window: [...window] };
          }
        }
      }
    }
  }
  if (charts.includes(14)) {
    for (const prompt of prompts) {
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
  if (charts.some((id) => sceneCharts.includes(id))) {
    for (const factor of factorNames(settled.scenes)) {
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
  if (charts.includes(5)) yield* steeringUnits(settled);
  // Last, as it may need the U-net in another form.
  for (const prompt of stages.length > 0 ? prompts : []) {
    for (const block of stages) {
      for (const arm of ['ablate', 'random'] as const) {
        yield { kind: 'ablate', run, block, prompt, arm, inResnets: true };
      }
    }
  }
}

/** Which features are added is known once all scenes are; how many of them is known before. */
function* steeringUnits(settled: ReportManifest['settled']): Generator<ReportUnit> {
  const { blocks, classifier, featureCount } = settled;
  for (const prompt of measuringPrompts(settled)) {
    for (const block of blocks) {
      for (let slot = 0; slot < featureCount; slot++) {
        for (const { name: factor } of classifier?.factors ?? []) {
          yield { kind: 'steer', run: 'main', block, prompt, factor, slot };
        }
        yield { kind: 'drift', run: 'main', block, prompt, slot };
      }
    }
  }
}
