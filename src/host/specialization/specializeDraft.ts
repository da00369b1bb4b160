import { basename } from 'node:path';
import {
  type ChartId,
  chartIds,
  chartNames,
  type SpecializeParams,
  type SpecializePlan,
} from '../../protocol/specialization.ts';
import { countText, inWords } from '../../protocol/countText.ts';

/** What a row of the choice changes; `start` begins the job. */
export type SpecializeRowId =
  | 'start'
  | 'prompts'
  | 'count'
  | 'charts'
  | 'blocks'
  | 'features'
  | 'doses'
  | 'scenes'
  | 'edits'
  | 'folder';

export interface SpecializeRow {
  readonly id: SpecializeRowId;
  readonly label: string;
  readonly description: string;
  readonly detail?: string;
}

/** What the engine takes when the params say nothing. */
export const specializeDefaults = {
  promptCount: 24,
  featureCount: 10,
  doses: [0.5, 1, 2],
  sceneCount: 800,
  editCount: 30,
  frontCount: 100,
} as const;

/** Charts about pictures of further prompts. */
const sceneCharts: readonly ChartId[] = [4, 5, 6, 13];

/** Charts about pairs of prompts. */
const pairCharts: readonly ChartId[] = [7, 8];

/** The choice as it stands: what would be measured, row by row. @param plan or why there is none */
export function specializeRows(
  draft: SpecializeParams,
  plan: SpecializePlan | { readonly problem: string },
): readonly SpecializeRow[] {
  const { promptCount = specializeDefaults.promptCount, prompts } = draft;
  const { featureCount = specializeDefaults.featureCount, doses = specializeDefaults.doses } =
    draft;
  const charts = draft.charts ?? ('charts' in plan ? plan.charts : chartIds);
  const blocks = draft.blocks ?? ('blocks' in plan ? plan.blocks : undefined);
  return [
    startRow(plan),
    {
      id: 'prompts',
      label: '$(list-flat) Prompts',
      description: 'file' in prompts ? basename(prompts.file) : 'the model’s own grammar',
    },
    {
      id: 'count',
      label: '$(symbol-number) Number of prompts',
      description: `${inWords(promptCount)}; half of them choose features, the other half measures`,
    },
    {
      id: 'charts',
      label: '$(graph) Charts',
      description: charts.map((id) => chartNames[id]).join('; '),
      ...('absent' in plan && plan.absent.length > 0 && { detail: plan.absent.join(' ') }),
    },
    {
      id: 'blocks',
      label: '$(layers) Blocks',
      description: blocks?.join(', ') ?? 'all with an SAE',
    },
    {
      id: 'features',
      label: '$(symbol-array) Features',
      description: `${inWords(featureCount)} a block, and as many random directions`,
    },
    {
      id: 'doses',
      label: '$(dashboard) Doses',
      description: `${doses.join(', ')} × the usual length of the block’s update`,
    },
    {
      id: 'scenes',
      label: '$(eye) Pictures of known scenes',
      description: scenesText(draft, plan),
    },
    {
      id: 'edits',
      label: '$(git-compare) Pairs of prompts',
      description: editsText(draft, charts),
    },
    { id: 'folder', label: '$(folder) Folder', description: draft.dir },
  ];
}

/** "800; half choose, half score 12 stated factors: ..." */
function scenesText(
  { sceneCount = specializeDefaults.sceneCount }: SpecializeParams,
  plan: SpecializePlan | { readonly problem: string },
): string {
  if (!('factors' in plan)) return inWords(sceneCount);
  if (!plan.charts.some((id) => sceneCharts.includes(id))) {
    return `none: only charts ${sceneCharts.join(', ')} need them`;
  }
  if (plan.factors.length === 0) return inWords(sceneCount);
  const some = plan.factors.slice(0, 6).join(', ');
  return `${inWords(sceneCount)}; ${countText(plan.factors.length, 'stated factor')}: ${some}${plan.factors.length > 6 ? ', …' : ''}`;
}

/** "riebench.json; up to 30 of each kind, 100 are transferred" */
function editsText({ editsFile, prompts }: SpecializeParams, charts: readonly ChartId[]): string {
  if (!charts.some((id) => pairCharts.includes(id))) {
    return `none: only charts ${pairCharts.join(', ')} need them`;
  }
  if (editsFile === undefined && 'file' in prompts) return 'none: choose a file of edits';
  const { editCount, frontCount } = specializeDefaults;
  const from = editsFile === undefined ? 'from the grammar' : basename(editsFile);
  return `${from}; up to ${editCount} of each kind, ${frontCount} are transferred`;
}

function startRow(plan: SpecializePlan | { readonly problem: string }): SpecializeRow {
  if ('problem' in plan) {
    return { id: 'start', label: '$(error) Not ready', description: '', detail: plan.problem };
  }
  const { pictureCount, doneCount, secondsLeft } = plan;
  const done = doneCount > 0 ? ` ${inWords(doneCount)} are made already.` : '';
  return {
    id: 'start',
    label: doneCount > 0 ? '$(play) Go On' : '$(play) Start',
    description: timeText(secondsLeft),
    detail: `${countText(pictureCount, 'picture')}; previews come first meanwhile.${done}`,
  };
}

/** "about 6 minutes" */
function timeText(seconds: number | undefined): string {
  if (seconds === undefined) return 'nothing is left to do';
  if (seconds < 90) return `about ${Math.ceil(seconds)} s`;
  if (seconds < 7200) return `about ${Math.ceil(seconds / 60)} minutes`;
  return `about ${Math.ceil(seconds / 3600)} hours`;
}

/**
 * Numbers above 0 with commas: "0.5, 1" is [0.5, 1].
 *
 * @returns undefined for text that is none, or has one above `most`
 */
export function parseDoses(text: string, most = 16): readonly number[] | undefined {
  const numbers = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  return numbers.length <= 8 && numbers.every((value) => value > 0 && value <= most)
    ? numbers
    : undefined;
}
