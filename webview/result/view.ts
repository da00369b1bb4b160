import { html, nothing, type TemplateResult } from 'lit';
import { emptyState } from '../shared/emptyState/emptyState.ts';
import { jobBar } from '../shared/jobBar/jobBar.ts';
import type { ViewState } from '../shared/picture/viewState.ts';
import { problem } from '../shared/problem/problem.ts';
import type { Problem, ResultState } from '../../src/protocol/resultPanel.ts';
import { button } from '../ui/button.ts';
import { formView } from './formView.ts';
import type { PanelActions } from './panelActions.ts';
import { gridView, largeView } from './pictureView.ts';
import { expectedCount, largePicture, leftMs, type PanelState } from './state.ts';

/** The whole panel, in reading order: form, what goes on, pictures. */
export function panelView(
  state: PanelState,
  view: ViewState,
  actions: PanelActions,
): TemplateResult | typeof nothing {
  const { host, trouble } = state;
  const notice = (severity: 'error' | 'warning', { cause, action }: Problem) =>
    problem({
      severity,
      cause,
      action,
      onAct: (id) => {
        actions.act(id);
      },
      onLog: () => {
        actions.act('showLog');
      },
    });
  return html`
    <h1 class="visuallyHidden">Result</h1>
    ${formView(state, actions)} ${host ? progress(state, host, actions) : nothing}
    ${host?.status.kind === 'failed' ? notice('error', host.status.problem) : nothing}
    ${trouble === null ? nothing : notice('error', { cause: trouble })}
    ${host?.notice ? notice('warning', host.notice) : nothing}
    ${host ? pictures(state, host, view, actions) : nothing}
  `;
}

/** One place for what runs and for what came of it: with short runs, nothing below should jump. */
function progress(
  state: PanelState,
  { status }: ResultState,
  actions: PanelActions,
): TemplateResult {
  const isRunning = status.kind === 'running';
  return html`<div class="progress ${isRunning || state.announced !== '' ? 'used' : ''}">
    ${isRunning ? jobView(state, status, actions) : nothing}
    <p class=${isRunning ? 'visuallyHidden' : 'announced'} role="status">${state.announced}</p>
  </div>`;
}

function jobView(
  state: PanelState,
  status: Extract<ResultState['status'], { kind: 'running' }>,
  actions: PanelActions,
): TemplateResult {
  const { phase, fraction, pictureIndex, pictureCount } = status;
  return jobBar({
    phase,
    fraction,
    ...(pictureCount > 1 && {
      count: { done: pictureIndex + 1, total: pictureCount, unit: 'picture' },
    }),
    leftMs: leftMs(state),
    onCancel: () => {
      actions.cancel();
    },
    onLog: () => {
      actions.act('showLog');
    },
  });
}

function pictures(
  state: PanelState,
  host: ResultState,
  view: ViewState,
  actions: PanelActions,
): TemplateResult | typeof nothing {
  if (host.pictures.length === 0) {
    return host.status.kind === 'idle' ? nothingYet(host, actions) : nothing;
  }
  const large = largePicture(state);
  if (!large) return gridView(state, host.pictures, expectedCount(state), view, actions);
  const back = html`<nav class="back" aria-label="Pictures">
    ${button({
      label: `All ${host.pictures.length} pictures`,
      title: 'Back to all pictures (Escape)',
      onClick: () => {
        actions.send({ kind: 'enlarged', pictureId: null });
      },
    })}
  </nav>`;
  return html`${host.pictures.length > 1 ? back : nothing} ${largeView(state, large, view, actions)}`;
}

function nothingYet(host: ResultState, actions: PanelActions): TemplateResult {
  if (!host.model) {
    return emptyState({
      title: 'No model',
      text: 'Pictures are made by a text-to-image model on this machine.',
      actionLabel: 'Choose Model',
      onAct: () => {
        actions.act('chooseModel');
      },
    });
  }
  return emptyState({
    title: 'No picture yet',
    text: `Write above what the picture should show. ${host.model.title} draws it on this machine.`,
    actionLabel: 'Generate',
    onAct: () => {
      actions.generate();
    },
  });
}
