import { html, nothing, type TemplateResult } from 'lit';
import type { ExplainSummary } from '../../src/protocol/explainPanel.ts';
import { embeddedCaveat, fitWords, pathWords } from '../../src/protocol/explainWords.ts';
import { emptyState } from '../shared/emptyState/emptyState.ts';
import { jobBar } from '../shared/jobBar/jobBar.ts';
import { problem } from '../shared/problem/problem.ts';
import { ViewState } from '../shared/picture/viewState.ts';
import { button } from '../ui/button.ts';
import { dropdown } from '../ui/dropdown.ts';
import { blocksView } from './blocksView.ts';
import { readingForm } from './readingForm.ts';
import type { PanelActions } from './panelActions.ts';
import { pictureSide } from './pictureSide.ts';
import type { PanelState } from './state.ts';

/** All pictures are zoomed and moved together. */
const position = new ViewState();

/** Which path was taken, the picture as the model saw it, and its features block by block. */
export function explainView(state: PanelState, actions: PanelActions): TemplateResult {
  const { host, trouble } = state;
  const told = host?.problem ?? (trouble === null ? null : { cause: trouble });
  if (host?.files.length === 0) {
    return html`<h1>Explain active features</h1>
      ${emptyState({
        title: 'No picture yet',
        text: 'Which features does a picture have, and where? PNG, JPEG or WebP, made here or anywhere.',
        actionLabel: 'Choose Pictures…',
        onAct: () => {
          actions.addFiles();
        },
      })}`;
  }
  return html`${head(state, actions)}
  ${
    told
      ? problem({
          severity: 'error',
          ...{ cause: told.cause, action: told.action },
          onAct: (id) => {
            actions.services.act(id);
          },
          onLog: () => {
            actions.services.act('showLog');
          },
        })
      : nothing
  }
  ${host?.result ? outcome(state, host.result, actions) : nothing}
  ${host && host.result?.path.kind !== 'madeHere' ? readingForm(state, actions) : nothing}
  ${progress(state, actions)}
  ${
    host?.result && state.content?.resultId === host.result.resultId
      ? html`<div class="sides">
          ${pictureSide(state, state.content, position, actions)}
          ${blocksView(state, state.content, host.result, actions)}
        </div>`
      : nothing
  }`;
}

function head({ host }: PanelState, actions: PanelActions): TemplateResult {
  const files = host?.files ?? [];
  const current = host?.current ?? 0;
  return html`<header class="head">
    <h1>${files[current]?.name ?? 'Explain'}</h1>
    ${
      files.length > 1
        ? dropdown({
            label: 'Picture',
            value: String(current),
            options: files.map(({ name }, index) => ({ value: String(index), label: name })),
            onChange: (value) => {
              actions.chooseFile(Number(value));
            },
          })
        : nothing
    }
    ${button({
      label: 'Add Pictures…',
      onClick: () => {
        actions.addFiles();
      },
    })}
  </header>`;
}

function outcome(
  { said, host }: PanelState,
  result: ExplainSummary,
  actions: PanelActions,
): TemplateResult {
  const { path, file, width, height, runId, modelTitle } = result;
  const isMissing = path.kind === 'madeHere' && path.verdict.kind === 'modelMissing';
  const isExact = path.kind === 'madeHere' && path.verdict.kind === 'exact';
  const starting = path.kind === 'encoded' ? path.startingPoint : null;
  const size = { picture: { width, height, rgb: new Uint8Array() }, file };
  const act = (label: string, onClick: () => void, title?: string): TemplateResult =>
    button({ label, onClick, title });
  return html`<section class="outcome" aria-label="How it was explained">
    <p role="status" class="path">${pathWords(result)}</p>
    <p class="muted">${fitWords(size)} Model: ${modelTitle}.</p>
    ${path.kind === 'encoded' && host?.isEmbedded ? html`<p class="muted caveat">${embeddedCaveat}</p>` : nothing}
    ${
      starting
        ? html`<dl class="starting">
            <dt>Prompt</dt>
            <dd>${starting.prompt || '(none)'}</dd>
            ${
              starting.seed === undefined
                ? nothing
                : html`<dt>Seed</dt>
                    <dd>${starting.seed}</dd>`
            }
            ${
              starting.steps === undefined
                ? nothing
                : html`<dt>Steps</dt>
                    <dd>${starting.steps}</dd>`
            }
            ${
              starting.model === undefined
                ? nothing
                : html`<dt>Model</dt>
                    <dd>${starting.model}</dd>`
            }
          </dl>`
        : nothing
    }
    <div class="buttons">
      ${
        starting
          ? [
              act(
                'Start from Its Settings',
                () => {
                  actions.useStart();
                },
                'Puts prompt, seed and steps into a result panel; the picture will be another one',
              ),
              act('Read with Its Prompt', () => {
                actions.start({ prompt: starting.prompt });
              }),
            ]
          : nothing
      }
      ${
        isMissing
          ? act('Choose Model', () => {
              actions.services.act('chooseModel');
            })
          : nothing
      }
      ${
        path.kind === 'madeHere' && !isExact
          ? act('Explain without What It Says', () => {
              actions.start({ as: 'picture' });
            })
          : nothing
      }
      ${
        isMissing
          ? nothing
          : runId === undefined
            ? act(
                'Keep as Run',
                () => {
                  actions.keep();
                },
                'Keeps picture and features in the run store',
              )
            : act('Show in Feature View', () => {
                actions.showRun();
              })
      }
      ${
        isMissing
          ? nothing
          : act('Copy CSV', () => {
              actions.copyCsv();
            })
      }
      <span class="muted" role="status">${said}</span>
    </div>
  </section>`;
}

function progress({ host }: PanelState, actions: PanelActions): TemplateResult | typeof nothing {
  if (host?.status.kind !== 'running') return nothing;
  const { phase, fraction } = host.status;
  return jobBar({
    ...{ phase, fraction },
    onCancel: () => {
      actions.cancel();
    },
    onLog: () => {
      actions.services.act('showLog');
    },
  });
}
