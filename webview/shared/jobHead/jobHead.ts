import { html, nothing, type TemplateResult } from 'lit';
import type { JobSummary } from '../../../src/protocol/jobs.ts';
import { jobProgressText } from '../../../src/protocol/jobWords.ts';
import type { Problem, ProblemAction } from '../../../src/protocol/resultPanel.ts';
import { button } from '../../ui/button.ts';
import { progressBar } from '../../ui/progressBar.ts';
import { problem } from '../problem/problem.ts';

/** What every panel of a job can do with it. */
type JobCommand = 'pause' | 'resume' | 'cancel' | 'log';

export interface JobActions<Command extends string> {
  readonly run: (command: Command | JobCommand) => void;
  readonly act: (action: ProblemAction | 'showLog') => void;
}

export interface JobHeadOptions<Command extends string> {
  /** What Resume does with one that was interrupted. */
  readonly resumeWords: string;
  /** Beside those that every job has. */
  readonly buttons: readonly (readonly [command: Command, label: string, isShown: boolean])[];
  readonly run: JobActions<Command>['run'];
}

/**
 * What stands in a panel's way, and why its job failed.
 *
 * @param trouble what the panel itself has to say where the host has nothing
 * @param failed "The training failed"
 */
export function jobTroubles<Command extends string>(
  host: { readonly problem: Problem | null; readonly job: JobSummary | null } | null,
  trouble: string | null,
  failed: string,
  { act, run }: JobActions<Command>,
): readonly unknown[] {
  const told: Pick<Problem, 'cause' | 'action'> | null =
    host?.problem ?? (trouble === null ? null : { cause: trouble });
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
          ...{ severity: 'error', cause: `${failed}: ${failure}` },
          action: { id: 'resume', label: 'Resume' },
          onAct: run,
          onLog: () => {
            run('log');
          },
        }),
  ];
}

/** A job that a panel follows: what it is, how far it is, and what can be done with it. */
export function jobHead<Command extends string>(
  job: JobSummary,
  { resumeWords, buttons, run }: JobHeadOptions<Command>,
): TemplateResult {
  const { state, progress, isElsewhere, result } = job;
  const isActive = state === 'running' || state === 'queued';
  const { doneCount, totalCount } = progress ?? {};
  const fraction = doneCount === undefined || !totalCount ? 0 : doneCount / totalCount;
  const words =
    state === 'running' && progress
      ? jobProgressText(progress)
      : (state === 'done' && result?.summary) || stateWords(state, resumeWords);
  const all: readonly (readonly [Command | JobCommand, string, boolean])[] = [
    ['pause', 'Pause', isActive && !isElsewhere],
    ['resume', 'Resume', ['paused', 'interrupted', 'cancelled'].includes(state) && !isElsewhere],
    ['cancel', 'Cancel', (isActive || state === 'paused') && !isElsewhere],
    ...buttons,
  ];
  return html`<section class="job" aria-label="Job">
    <p class="title">${job.title}</p>
    <p class="muted">${words}${isElsewhere ? ', in another window or a command line' : ''}</p>
    ${isActive ? progressBar(job.title, fraction) : nothing}
    <div class="buttons">
      ${all.map(([command, label, isShown]) =>
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

function stateWords(state: JobSummary['state'], resumeWords: string): string {
  switch (state) {
    case 'queued':
      return 'Waits for the jobs before it';
    case 'running':
      return 'Starting';
    case 'interrupted':
      return `Interrupted; Resume ${resumeWords}`;
    case 'cancelled':
      return 'Cancelled; Resume goes on where it stopped';
    case 'paused':
    case 'done':
    case 'failed':
      return `${state[0]?.toUpperCase() ?? ''}${state.slice(1)}`;
  }
}
