import { html, nothing, type TemplateResult } from 'lit';
import type { JobSummary } from '../../src/protocol/jobs.ts';
import { jobProgressText } from '../../src/protocol/jobWords.ts';
import type { ProblemAction } from '../../src/protocol/resultPanel.ts';
import type { TrainingView } from '../../src/protocol/training.ts';
import type { TrainingCommand } from '../../src/protocol/trainingPanel.ts';
import { emptyState } from '../shared/emptyState/emptyState.ts';
import { problem } from '../shared/problem/problem.ts';
import { button } from '../ui/button.ts';
import { progressBar } from '../ui/progressBar.ts';
import { chart, figures } from './chart.ts';
import { figuresTable, pointsTable } from './figureTables.ts';
import type { PanelState } from './state.ts';

export interface TrainingParts {
  readonly run: (command: TrainingCommand) => void;
  readonly act: (action: ProblemAction | 'showLog') => void;
  readonly copyCsv: () => void;
  readonly point: (index: number | null) => void;
}

/** How a training goes: its job, and loss, EV, L0 and dead share of each SAE. */
export function trainingView(state: PanelState, parts: TrainingParts): TemplateResult {
  const { host } = state;
  return html`<h1>SAE training</h1>
    ${troubles(state, parts)} ${host ? content(state, parts) : waiting('Reading the training…')}`;
}

const waiting = (text: string): TemplateResult => html`<p class="muted" role="status">${text}</p>`;

function troubles({ host, trouble }: PanelState, { act, run }: TrainingParts): unknown {
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
          ...{ severity: 'error', cause: `The training failed: ${failure}` },
          action: { id: 'resume', label: 'Resume' },
          onAct: run,
          onLog: () => {
            run('log');
          },
        }),
  ];
}

function content({ host, pointed, said }: PanelState, parts: TrainingParts): unknown {
  if (!host) return nothing;
  const { jobId, job, isRemoved, training } = host;
  if (jobId === null || (isRemoved && !training)) {
    return emptyState({
      title: jobId === null ? 'No training is shown' : 'This training is no longer listed',
      text: 'A training learns SAEs from the updates that Collect Activations has kept; its loss and what it explains are drawn here while it runs.',
      actionLabel: 'Train SAE…',
      onAct: () => {
        parts.run('train');
      },
    });
  }
  return html`${job ? jobSection(job, training, parts) : nothing}
  ${training ? curves(training, pointed, said, parts) : waiting('Reading its figures…')}`;
}

const stateWords: Readonly<Record<JobSummary['state'], string>> = {
  queued: 'Waits for the jobs before it',
  running: 'Starting',
  paused: 'Paused',
  interrupted: 'Interrupted; Resume goes on from the last checkpoint',
  done: 'Done',
  failed: 'Failed',
  cancelled: 'Cancelled; Resume goes on where it stopped',
};

function jobSection(
  job: JobSummary,
  training: TrainingView | null,
  { run }: TrainingParts,
): TemplateResult {
  const { state, progress, isElsewhere, result } = job;
  const isActive = state === 'running' || state === 'queued';
  const { doneCount, totalCount } = progress ?? {};
  const fraction = doneCount === undefined || !totalCount ? 0 : doneCount / totalCount;
  const words =
    state === 'running' && progress
      ? jobProgressText(progress)
      : (state === 'done' && result?.summary) || stateWords[state];
  const buttons: readonly (readonly [TrainingCommand, string, boolean])[] = [
    ['pause', 'Pause', isActive && !isElsewhere],
    ['resume', 'Resume', ['paused', 'interrupted', 'cancelled'].includes(state) && !isElsewhere],
    ['cancel', 'Cancel', (isActive || state === 'paused') && !isElsewhere],
    ['use', 'Use It…', state === 'done' && (training?.trained.length ?? 0) > 0],
    ['index', 'Index It…', state === 'done' && (training?.trained.length ?? 0) > 0],
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

function curves(
  training: TrainingView,
  pointed: number | null,
  said: string,
  parts: TrainingParts,
): TemplateResult {
  const { points, plan, pointCount } = training;
  if (!plan || points.length === 0) {
    return waiting('Figures are measured every few steps; the first ones are not there yet.');
  }
  const few =
    points.length < pointCount
      ? ` ${points.length.toLocaleString('en')} of ${pointCount.toLocaleString('en')} measured points are drawn.`
      : '';
  return html`${figuresTable(training, pointed)}
    <div class="charts">
      ${figures.map((figure) => chart(figure, training, pointed, parts.point))}
    </div>
    <p class="muted">
      Each point is one batch of ${plan.batchSize.toLocaleString('en')} cells, so it jumps; the
      figures at the end are of many. A feature is dead after
      ${plan.deadAfterSteps.toLocaleString('en')} ${plan.deadAfterSteps === 1 ? 'step' : 'steps'}
      without a firing.${few}
    </p>
    <div class="buttons">
      ${button({ label: 'Copy CSV', onClick: parts.copyCsv })}
      <span class="muted" role="status">${said}</span>
    </div>
    <details>
      <summary>Show as table</summary>
      ${pointsTable(training)}
    </details>`;
}
