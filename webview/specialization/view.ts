import { html, nothing, type TemplateResult } from 'lit';
import type { ProblemAction } from '../../src/protocol/resultPanel.ts';
import { chartNames, type SpecializationView } from '../../src/protocol/specialization.ts';
import type { SpecializationCommand } from '../../src/protocol/specializationPanel.ts';
import { emptyState } from '../shared/emptyState/emptyState.ts';
import { jobHead, jobTroubles } from '../shared/jobHead/jobHead.ts';
import { type ChartActions, chartView } from './chartView.ts';
import { picturesView } from './picturesView.ts';
import type { PanelState } from './state.ts';

export interface SpecializationParts extends ChartActions {
  readonly run: (command: SpecializationCommand) => void;
  readonly act: (action: ProblemAction | 'showLog') => void;
  readonly closePictures: () => void;
}

/** What each block does: a job and its charts, which fill while it runs. */
export function specializationView(state: PanelState, parts: SpecializationParts): TemplateResult {
  return html`<h1>Block specialization</h1>
    ${jobTroubles(state.host, state.trouble, 'The measurement failed', parts)}
    ${state.host ? content(state, parts) : waiting('Reading the report…')}
    <p class="visuallyHidden" role="status">${state.said}</p>`;
}

const waiting = (text: string): TemplateResult => html`<p class="muted" role="status">${text}</p>`;

function content({ host, shown, said }: PanelState, parts: SpecializationParts): unknown {
  if (!host) return nothing;
  const { jobId, job, isRemoved, view } = host;
  if (jobId === null || (isRemoved && !view)) {
    return emptyState({
      title: jobId === null ? 'No report is shown' : 'This report is no longer listed',
      text: 'A report measures on prompts of your own what each block does to a picture, beside random directions of equal norm, with intervals.',
      actionLabel: 'Block Specialization…',
      onAct: () => {
        parts.run('begin');
      },
    });
  }
  return html`${
    job
      ? jobHead(job, {
          resumeWords: 'goes on where it stopped',
          buttons: [
            ['reveal', 'Show Files', job.state === 'done'],
            ['begin', 'New Report…', job.state === 'done'],
          ],
          run: parts.run,
        })
      : nothing
  }
  ${view ? report(view, shown, said, parts) : waiting('Reading its figures…')}`;
}

function report(
  view: SpecializationView,
  shown: PanelState['shown'],
  said: string,
  parts: SpecializationParts,
): TemplateResult {
  const { report: made } = view;
  if (!made) {
    return waiting('Half of the prompts choose the features first; charts fill from then on.');
  }
  const { charts, missing, isEmbedded, notes } = made;
  return html`<p class="muted">
      ${made.promptCount} prompts of ${made.promptsName}: half of them chose ${made.featureCount}
      features a block by chance, which are edited in ${made.measuredCount} of the others; charts
      for which nothing was chosen are over ${made.blockPromptCount}. Model ${made.modelId}; blocks
      ${made.blocks.join(', ')}.
    </p>
    ${notes.length > 0 ? html`<p class="muted">${notes.join(' ')}</p>` : nothing}
    <p class="muted">Click a mark, or Show in a table, for the pictures behind it. ${said}</p>
    ${charts.map(
      (chart) =>
        html`${chartView(chart, isEmbedded, parts)}
        ${shown?.chart === chart.id ? picturesView(shown, parts.closePictures) : nothing}`,
    )}
    ${
      missing.length > 0
        ? waiting(
            `Not enough is measured yet for: ${missing.map((id) => chartNames[id]).join('; ')}.`,
          )
        : nothing
    }`;
}
