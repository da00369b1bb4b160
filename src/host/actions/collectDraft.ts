import type { CollectParams, CollectPlan } from '../../protocol/collect.ts';
import { bytesText, countText, inWords } from '../../protocol/countText.ts';

/** What a row of the choice changes; `start` begins the job. */
export type CollectRowId =
  'start' | 'prompts' | 'count' | 'blocks' | 'steps' | 'guidance' | 'seeds' | 'folder';

export interface CollectRow {
  readonly id: CollectRowId;
  readonly label: string;
  readonly description: string;
  readonly detail?: string;
}

/** The choice as it stands: what would be made, row by row. @param plan or why there is none */
export function collectRows(
  draft: CollectParams,
  plan: CollectPlan | { readonly problem: string },
  promptsTitle: string,
): readonly CollectRow[] {
  const facts = 'problem' in plan ? undefined : plan;
  const { picturesPerPrompt = 1, firstSeed = 0, seedRule } = draft;
  const each = picturesPerPrompt > 1 ? `, ${inWords(picturesPerPrompt)} of each prompt` : '';
  const wanted = facts?.pictureCount ?? draft.pictureCount;
  const pictures = wanted === undefined ? 'all prompts' : inWords(wanted);
  return [
    startRow(plan),
    {
      id: 'prompts',
      label: '$(symbol-string) Prompts',
      description: promptsText(draft, facts, promptsTitle),
    },
    { id: 'count', label: '$(file-media) Pictures', description: `${pictures}${each}` },
    {
      id: 'blocks',
      label: '$(layers) Blocks',
      description: (facts?.blocks ?? draft.blocks ?? []).join(', '),
    },
    { id: 'steps', label: '$(list-ordered) Steps', description: stepsText(draft, facts) },
    {
      id: 'guidance',
      label: '$(settings) Guidance',
      description: String(facts?.guidanceScale ?? draft.guidanceScale ?? "the model's own"),
    },
    {
      id: 'seeds',
      label: '$(symbol-numeric) Seeds',
      description: `from ${String(firstSeed)}, ${seedRule === 'samePerPrompt' ? 'the same for each prompt' : 'a new one for each picture'}`,
    },
    { id: 'folder', label: '$(folder) Folder', description: draft.dir },
  ];
}

function startRow(plan: CollectPlan | { readonly problem: string }): CollectRow {
  if ('problem' in plan) {
    return { id: 'start', label: '$(error) Not ready', description: '', detail: plan.problem };
  }
  const { pictureCount, savedCount, updateBytes, pictureBytes, missingBytes, freeBytes } = plan;
  const missing = pictureCount - savedCount;
  const detail =
    `${bytesText(updateBytes)} of updates and up to ${bytesText(pictureBytes)} of pictures; ` +
    `${bytesText(freeBytes)} are free.` +
    (savedCount > 0 ? ` ${inWords(savedCount)} pictures are there already.` : '');
  if (plan.isTooLarge) {
    return {
      id: 'start',
      label: '$(error) The disk would not hold it',
      description: `up to ${bytesText(missingBytes)} more`,
      detail,
    };
  }
  return {
    id: 'start',
    label: savedCount > 0 ? '$(play) Go On' : '$(play) Start',
    description: countText(missing, 'picture'),
    detail,
  };
}

function promptsText(draft: CollectParams, plan: CollectPlan | undefined, title: string): string {
  if ('grammar' in draft.prompts) return `${title} (drawn from a grammar)`;
  if (!plan) return title;
  const column = plan.column === undefined ? '' : `, column ${plan.column}`;
  return `${plan.promptsName}${column}: ${countText(plan.promptCount ?? 0, 'prompt')}`;
}

function stepsText(draft: CollectParams, plan: CollectPlan | undefined): string {
  if (!plan) return String(draft.steps ?? "the model's own");
  const { stepCount, recordedSteps } = plan;
  if (recordedSteps.length === stepCount) return `${String(stepCount)}, all kept`;
  return `${String(stepCount)}, kept: ${recordedSteps.map((step) => String(step + 1)).join(', ')}`;
}

/**
 * Whole numbers and ranges with commas, from 1: "1, 3-4" is [0, 2, 3].
 *
 * @returns undefined for text that is none, or goes beyond `stepCount`
 */
export function parseSteps(text: string, stepCount: number): readonly number[] | undefined {
  const steps = new Set<number>();
  for (const part of text.split(',')) {
    const [, first, last] = /^\s*(\d+)(?:\s*-\s*(\d+))?\s*$/.exec(part) ?? [];
    if (first === undefined) return undefined;
    const [from, to] = [Number(first), Number(last ?? first)];
    if (from < 1 || to < from || to > stepCount) return undefined;
    for (let step = from; step <= to; step++) steps.add(step - 1);
  }
  return [...steps].sort((a, b) => a - b);
}
