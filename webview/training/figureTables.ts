import { html, type TemplateResult } from 'lit';
import type { TrainingView } from '../../src/protocol/training.ts';
import { blockColour } from '../shared/blockColour.ts';
import { figures, lineSwatch } from './chart.ts';
import { figureOf, shownPoint } from './state.ts';

const inWords = (value: number): string => value.toLocaleString('en');

/** Each SAE's figures at one step; also the legend of the charts. */
export function figuresTable(training: TrainingView, pointed: number | null): TemplateResult {
  const point = shownPoint(training, pointed);
  return html`<div class="scroller" tabindex="0" role="region" aria-label="Figures of the SAEs">
    <table class="numbers">
      <caption>
        ${point ? `Step ${inWords(point.step)} of ${inWords(training.plan?.stepCount ?? 0)}` : ''}
      </caption>
      <thead>
        <tr>
          <th scope="col" class="text">SAE</th>
          ${figures.map(({ short, title }) => html`<th scope="col" title=${title}>${short}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${training.plan?.saes.map(
          ({ name, block }) =>
            html`<tr>
              <th scope="row" class="text" ${blockColour(block)}>
                ${lineSwatch(training, name)} ${name}
              </th>
              ${figures.map(
                ({ id, text }) =>
                  html`<td>${point ? text(figureOf(training, name, point, id)) : '–'}</td>`,
              )}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

const rowsMax = 50;

/** The last points, newest first; all of them are in the CSV. */
export function pointsTable(training: TrainingView): TemplateResult {
  const rows = training.points.slice(-rowsMax).reverse();
  const saes = training.plan?.saes ?? [];
  return html`<div class="scroller" tabindex="0" role="region" aria-label="Points of the curves">
      <table class="numbers">
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col" class="text">SAE</th>
            ${figures.map(({ short, title }) => html`<th scope="col" title=${title}>${short}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.flatMap((point) =>
            saes.map(
              ({ name }) =>
                html`<tr>
                  <td>${inWords(point.step)}</td>
                  <td class="text">${name}</td>
                  ${figures.map(
                    ({ id, text }) => html`<td>${text(figureOf(training, name, point, id))}</td>`,
                  )}
                </tr>`,
            ),
          )}
        </tbody>
      </table>
    </div>
    <p class="muted">
      ${
        training.points.length > rowsMax
          ? `The last ${String(rowsMax)} points; Copy CSV takes all that are drawn.`
          : ''
      }
    </p>`;
}
