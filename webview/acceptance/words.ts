import { countText } from '../../src/protocol/countText.ts';
import type { AcceptanceRecord, FitFigures, SaeEntry } from '../../src/protocol/saes.ts';

/** What each defect is, for somebody who has not read the SAE's code. */
export const readingNames: Readonly<Record<string, string>> = {
  'as-declared': 'As declared',
  'another-block': "Another block's",
  'output-instead-of-update': 'Output instead of ΔD',
  'update-instead-of-output': 'ΔD instead of output',
  transposed: 'Transposed',
  'order-swapped': 'TopK and ReLU swapped',
  'b-pre-dropped': 'b_pre dropped',
  normaliser: 'Another normaliser',
};

export const verdictWords = {
  accepted: 'Accepted',
  rejected: 'Rejected',
  doubtful: 'Doubtful',
} as const;

/** Three decimals: more than the figures are worth, fewer would hide a dropped b_pre. */
export const share = (value: number | null): string => (value === null ? '–' : value.toFixed(3));
export const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
export const count = (value: number): string => value.toLocaleString('en');

export const figureHeads = ['R²', 'EV', 'L0', 'Dead', 'Cells'] as const;

export const figureCells = (figures: FitFigures): readonly string[] => [
  share(figures.rSquared),
  share(figures.explainedVariance),
  figures.l0.toFixed(2),
  percent(figures.deadShare),
  count(figures.cellCount),
];

export const encodes = (target: string): string =>
  target === 'update' ? 'ΔD of the block' : target === 'output' ? "the block's output" : 'unknown';

const useReasons = {
  only: 'used: it is the only SAE of its block',
  chosen: 'used: somebody chose it',
  newest: 'used: it was imported last, and nobody chose another',
} as const;

/** Whether pictures are read with it, and why. */
export const useOf = ({ activeBecause, isForOtherWeights }: SaeEntry): string =>
  activeBecause
    ? useReasons[activeBecause]
    : isForOtherWeights
      ? 'not used: imported for other weights of this model'
      : 'not used: another SAE of its block is';

export const dateWords = (iso: string): string =>
  new Date(iso).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' });

/** "8 prompts, seeds 0 to 7, 1 step, guidance 0, cpu" */
export function settingsWords({ settings, provider }: AcceptanceRecord): string {
  const { prompts, seed, steps, guidanceScale } = settings;
  const last = seed + prompts.length - 1;
  const seeds = prompts.length === 1 ? `seed ${seed}` : `seeds ${seed} to ${last}`;
  return [
    countText(prompts.length, 'prompt'),
    seeds,
    countText(steps, 'step'),
    `guidance ${guidanceScale}`,
    provider,
  ].join(', ');
}
