import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { ResultPicture } from '../../src/protocol/resultPanel.ts';
import { durationWords } from '../shared/duration.ts';
import { figure } from '../shared/figure/figure.ts';
import '../shared/picture/pictureViewer.ts';
import type { ViewState } from '../shared/picture/viewState.ts';
import { button } from '../ui/button.ts';
import { copyIcon } from '../ui/icons.ts';
import type { PanelActions } from './panelActions.ts';
import { altText, settingsWords, timingsOf, truncationWords } from './pictureWords.ts';
import type { PanelState } from './state.ts';

/** One picture with all that is known about it. */
export function largeView(
  state: PanelState,
  picture: ResultPicture,
  view: ViewState,
  actions: PanelActions,
): TemplateResult {
  return html`<article class="large" aria-label="Picture with seed ${picture.manifest.seed}">
    <fs-picture
      .picture=${state.pixels[picture.pictureId]}
      .pictureId=${picture.pictureId}
      .alt=${altText(picture.manifest)}
      .view=${view}
    ></fs-picture>
    <div class="details">
      ${truncations(picture)} ${description(picture, actions)} ${pictureButtons(picture, actions)}
      <p class="said" role="status">${state.said}</p>
      ${timings(picture)}
    </div>
  </article>`;
}

/** Several pictures that zoom and pan together; a click or Enter shows one large. */
export function gridView(
  state: PanelState,
  pictures: readonly ResultPicture[],
  expectedCount: number,
  view: ViewState,
  actions: PanelActions,
): TemplateResult {
  const open = (pictureId: string) => () => {
    actions.send({ kind: 'enlarged', pictureId });
  };
  return html`<ul class="grid" aria-label="Pictures">
      ${repeat(
        pictures,
        ({ pictureId }) => pictureId,
        ({ pictureId, manifest }) =>
          html`<li>
            <fs-picture
              .picture=${state.pixels[pictureId]}
              .pictureId=${pictureId}
              .alt=${altText(manifest)}
              .view=${view}
              .hasZoomBar=${false}
              @pictureopen=${open(pictureId)}
            ></fs-picture>
            <button type="button" class="link" @click=${open(pictureId)}>
              Seed ${manifest.seed}
            </button>
          </li>`,
      )}
      ${Array.from({ length: expectedCount }, () => html`<li class="expected"></li>`)}
    </ul>
    ${pictures[0] ? truncations(pictures[0]) : nothing}`;
}

function truncations({ truncations: cut }: ResultPicture): TemplateResult[] {
  return cut.map((one) => html`<p class="truncation" role="note">${truncationWords(one)}</p>`);
}

function description({ manifest }: ResultPicture, actions: PanelActions): TemplateResult {
  const { prompt, negativePrompt, seed, model, provider } = manifest;
  return html`<dl class="description">
    <dt>Prompt</dt>
    <dd class="promptText">
      <span>${prompt === '' ? '(empty)' : prompt}</span>${copyButton('prompt', prompt, actions)}
    </dd>
    ${
      negativePrompt === ''
        ? nothing
        : html`<dt>Without</dt>
            <dd class="promptText"><span>${negativePrompt}</span></dd>`
    }
    <dt>Seed</dt>
    <dd><span>${seed}</span>${copyButton('seed', String(seed), actions)}</dd>
    <dt>Settings</dt>
    <dd>${settingsWords(manifest)}</dd>
    <dt>Model</dt>
    <dd>${model.id}, on ${provider}</dd>
  </dl>`;
}

function copyButton(what: string, text: string, actions: PanelActions): TemplateResult {
  return button({
    label: `Copy ${what}`,
    appearance: 'icon',
    icon: copyIcon,
    onClick: () => {
      actions.copyText(text, what === 'seed' ? 'Seed' : 'Prompt');
    },
  });
}

function pictureButtons(picture: ResultPicture, actions: PanelActions): TemplateResult {
  return html`<div class="buttons" role="group" aria-label="Picture">
    ${button({
      label: 'Save PNG…',
      title: 'With prompt, seed and settings inside',
      onClick: () => {
        actions.savePng(picture);
      },
    })}
    ${button({
      label: 'Copy image',
      onClick: () => {
        void actions.copyImage(picture);
      },
    })}
    ${button({
      label: 'Reveal file',
      isDisabled: !picture.isKept,
      title: picture.isKept
        ? 'Show the kept file in its folder'
        : 'This picture was not kept, so it has no file yet',
      onClick: () => {
        actions.reveal(picture);
      },
    })}
  </div>`;
}

function timings({ manifest }: ResultPicture): TemplateResult {
  const { phases, totalMs } = timingsOf(manifest);
  const [value = '', unit = ''] = durationWords(totalMs).split(' ');
  return html`<section class="timings" aria-label="Timings">
    ${figure({
      label: 'Time',
      value,
      unit,
      how: 'Wall-clock time from the request to the pixels, measured in the engine on this machine.',
    })}
    <table>
      <thead>
        <tr>
          <th scope="col">Phase</th>
          <th scope="col">Time</th>
        </tr>
      </thead>
      <tbody>
        ${phases.map(
          ({ phase, durationMs }) =>
            html`<tr>
              <th scope="row">${phase}</th>
              <td>${durationWords(durationMs)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}
