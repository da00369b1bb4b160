import { basename } from 'node:path';
import { bytesText, countText, inWords } from '../../protocol/countText.ts';
import type { TrainParams, TrainPlan, TrainingSet } from '../../protocol/training.ts';
import { significant } from '../../numerics/significant.ts';

/** What a row of the choice changes; `start` begins the job. */
export type TrainRowId =
  | 'start'
  | 'set'
  | 'blocks'
  | 'steps'
  | 'features'
  | 'k'
  | 'rule'
  | 'epochs'
  | 'learningRate'
  | 'folder';

export interface TrainRow {
  readonly id: TrainRowId;
  readonly label: string;
  readonly description: string;
  readonly detail?: string;
}

/** What the engine takes when the params say nothing. */
export const trainDefaults = { epochs: 10, k: 10 } as const;

export const ruleTitles = {
  topk: 'TopK: k features in each cell',
  batchtopk: 'BatchTopK: k features a cell on average over the batch',
} as const;

const listed = (values: readonly number[]): string => values.map(inWords).join(' and ');

/** The choice as it stands: what would be trained, row by row. @param plan or why there is none */
export function trainRows(
  draft: TrainParams,
  plan: TrainPlan | { readonly problem: string },
  set: TrainingSet,
): readonly TrainRow[] {
  const { epochs = trainDefaults.epochs } = draft;
  const steps = draft.steps ?? set.steps;
  const mixed = steps.length === set.steps.length ? 'all of the set: ' : '';
  return [
    startRow(draft, plan),
    {
      id: 'set',
      label: '$(database) Collected set',
      description: `${basename(draft.setDir)}, ${countText(set.pictureCount, 'picture')}`,
    },
    {
      id: 'blocks',
      label: '$(layers) Blocks',
      description: (draft.blocks ?? set.blocks.map(({ block }) => block)).join(', '),
    },
    {
      id: 'steps',
      label: '$(list-ordered) Steps',
      description: mixed + steps.map((step) => String(step + 1)).join(', '),
    },
    { id: 'features', label: '$(symbol-array) Features', description: listed(draft.nFeatures) },
    {
      id: 'k',
      label: '$(target) k',
      description: `${listed(draft.k)} active features a cell`,
    },
    { id: 'rule', label: '$(filter) Rule', description: ruleTitles[draft.rule ?? 'topk'] },
    {
      id: 'epochs',
      label: '$(history) Length',
      description: `each cell is seen ${countText(epochs, 'time')}`,
    },
    {
      id: 'learningRate',
      label: '$(dashboard) Learning rate',
      description: 'saes' in plan ? ratesOf(plan, draft.learningRate === undefined) : '',
    },
    { id: 'folder', label: '$(folder) Folder', description: draft.dir },
  ];
}

/** "0.0016, by the number of features", or what was asked for. */
function ratesOf({ saes }: TrainPlan, areAutomatic: boolean): string {
  const rates = [...new Set(saes.map(({ learningRate }) => significant(learningRate, 2)))];
  return rates.join(' and ') + (areAutomatic ? ', by the number of features' : '');
}

function startRow(
  { epochs = trainDefaults.epochs }: TrainParams,
  plan: TrainPlan | { readonly problem: string },
): TrainRow {
  if ('problem' in plan) {
    return { id: 'start', label: '$(error) Not ready', description: '', detail: plan.problem };
  }
  const { saes, sampleCount, batchSize, stepCount, doneSteps, memoryBytes } = plan;
  const done = doneSteps > 0 ? ` ${inWords(doneSteps)} steps are made already.` : '';
  return {
    id: 'start',
    label: doneSteps > 0 ? '$(play) Go On' : '$(play) Start',
    description: `${countText(saes.length, 'SAE')}, ${inWords(stepCount)} steps`,
    detail:
      `About ${bytesText(memoryBytes)} of memory; ${inWords(sampleCount)} cells a block, ` +
      `${inWords(epochs)} × in batches of ${inWords(batchSize)}. Rate and remaining time show once it runs.${done}`,
  };
}

/**
 * Whole numbers with commas: "640, 1280" is [640, 1280].
 *
 * @returns undefined for text that is none, has one below `least` or one twice
 */
export function parseNumbers(text: string, least: number): readonly number[] | undefined {
  const parts = text.split(',').map((part) => part.trim());
  if (!parts.every((part) => /^\d+$/.test(part))) return undefined;
  const numbers = parts.map(Number);
  const fits = numbers.every((value) => Number.isSafeInteger(value) && value >= least);
  return fits && new Set(numbers).size === numbers.length ? numbers : undefined;
}
