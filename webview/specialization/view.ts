import { html, nothing, type TemplateResult } from 'lit';
import type { JobSummary } from '../../src/protocol/jobs.ts';
import { jobProgressText } from '../../src/protocol/jobWords.ts';
import type { ProblemAction } from '../../src/protocol/resultPanel.ts';
import { chartNames, type SpecializationView } from '../../src/protocol/specialization.ts';
import type { SpecializationCommand } from '../../src/protocol/specializationPanel.ts';
import { emptyState } from '../shared/emptyState/emptyState.ts';
import { problem } from '../shared/problem/problem.ts';
import { button } from '../ui/button.ts';
import { progressBar } from '../ui/progressBar.ts';
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
    ${troubles(state, parts)} ${state.host ? content(state, parts) : waiting('Reading the report…')}
    <p class="visuallyHidden" role="status">${state.said}</p>`;
}

const waiting = (text: string): TemplateResult => html`<p class="muted" role="status">${text}</p>`;

function troubles({ host, trouble }: PanelState, { act, run }: SpecializationParts): unknown {
  const told = host?.problem ?? (trouble === null ? null : { cause: trouble });
  const failure = host?.job?.state === 'failed' ? host.job.error?.message : undefined;
  return [
    told
      ? problem({
          ...{ severity: 'error', cause: told.cause, action: told.action, onAct: act },
          onLog: () => {
            act('showLog');
          },
        })
      : nothing,
    failure === undefined
      ? nothing
      : problem<'resume'>({
          ...{ severity: 'error', cause: `The measurement failed: ${failure}` },
          action: { id: 'resume', label: 'Resume' },
          onAct: run,
          onLog: () => {
            run('log');
          },
        }),
  ];
}

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
  return html`${job ? jobSection(job, parts) : nothing}
  ${view ? report(view, shown, said, parts) : waiting('Reading its figures…')}`;
}

const stateWords: Readonly<Record<JobSummary['state'], string>> = {
  queued: 'Waits for the jobs before it',
  running: 'Starting',
  paused: 'Paused',
  interrupted: 'Interrupted; Resume goes on where it stopped',
  done: 'Done',
  failed: 'Failed',
  cancelled: 'Cancelled; Resume goes on where it stopped',
};

function jobSection(job: JobSummary, { run }: SpecializationParts): TemplateResult {
  const { state, progress, isElsewhere, result } = job;
  const isActive = state === 'running' || state === 'queued';
  const { doneCount, totalCount } = progress ?? {};
  const fraction = doneCount === undefined || !totalCount ? 0 : doneCount / totalCount;
  const words =
    state === 'running' && progress
      ? jobProgressText(progress)
      : (state === 'done' && result?.summary) || stateWords[state];
  const buttons: readonly (readonly [SpecializationCommand, string, boolean])[] = [
    ['pause', 'Pause', isActive && !isElsewhere],
    ['resume', 'Resume', ['paused', 'interrupted', 'cancelled'].includes(state) && !isElsewhere],
    ['cancel', 'Cancel', (isActive || state === 'paused') && !isElsewhere],
    ['reveal', 'Show Files', state === 'done'],
    ['begin', 'New Report…', state === 'done'],
  ];
  return html`<section class="job" aria-label="Job">
    <p class="title">${job.title}</p>
    <p class="muted">${words}${isElsewhere ? ', in another window or a command line' : ''}</p>
    ${isActive ? progressBar(job.title, fraction) : nothing}
    <div class="buttons">
      ${buttons.map(([command, label, isShown]) =>
        isShown
          ? button({
              label,
              onClick: () => {
                run(command);
              },
            })
          : nothing,
      )}
      <button
        type="button"
        class="link"
        @click=${() => {
          run('log');
        }}
      >
        Show job log
      </button>
    </div>
  </section>`;
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
      ${made.measuredCount} of ${made.promptCount} prompts of ${made.promptsName} measure, the
      others chose ${made.featureCount} features a block by chance. Model ${made.modelId}; blocks
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
