import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { ExplainSummary } from '../../src/protocol/explainPanel.ts';
import { featureName } from '../../src/protocol/featureName.ts';
import type { ReadBlock } from '../../src/protocol/featurePanel.ts';
import { blockColour } from '../shared/blockColour.ts';
import { featureChip } from '../shared/featureChip/featureChip.ts';
import { figure } from '../shared/figure/figure.ts';
import { significant } from '../../src/numerics/significant.ts';
import { dropdown } from '../ui/dropdown.ts';
import type { PanelActions } from './panelActions.ts';
import { type Row, rowsOf } from './rows.ts';
import { type Content, type PanelState, topCounts } from './state.ts';

/** Each block's features, the strongest first, and how far they can be trusted there. */
export function blocksView(
  state: PanelState,
  content: Content,
  result: ExplainSummary,
  actions: PanelActions,
): TemplateResult {
  const stepCount = content.readings[0]?.steps.length ?? 0;
  const isEncoded = result.path.kind === 'encoded';
  return html`<section class="blocks" aria-label="Features by block">
    <div class="toolbar">
      ${
        !isEncoded && stepCount > 1
          ? dropdown({
              label: 'Step',
              value: String(state.stepIndex),
              options: Array.from({ length: stepCount }, (_, step) => ({
                value: String(step),
                label: `${String(step + 1)} of ${String(stepCount)}`,
              })),
              onChange: (value) => {
                actions.send({ kind: 'chosen', choices: { stepIndex: Number(value) } });
              },
            })
          : nothing
      }
      ${dropdown({
        label: 'Features a block',
        value: String(state.topCount),
        options: topCounts.map((count) => ({ value: String(count), label: String(count) })),
        onChange: (value) => {
          actions.send({ kind: 'chosen', choices: { topCount: Number(value) } });
        },
      })}
    </div>
    ${
      content.readings.length === 0
        ? html`<p class="muted">
            ${
              result.path.kind === 'madeHere' && result.path.verdict.kind === 'modelMissing'
                ? 'Nothing was run: the model that made this picture is not the current one.'
                : 'The model has no SAEs; SAE: Import SAE… brings some.'
            }
          </p>`
        : repeat(
            content.readings,
            ({ block }) => block,
            (reading) => blockView(state, content, result, reading, actions),
          )
    }
  </section>`;
}

const fitHow =
  'mean over dimensions of 1 - Var(x - x_hat) / (Var(x) + 1e-8), population variance over all cells of this picture under ' +
  'all noises, at this timestep. SAEs trained on one-step runs may explain other timesteps less well.';

function blockView(
  state: PanelState,
  content: Content,
  { fits, labels, path }: ExplainSummary,
  reading: ReadBlock,
  actions: PanelActions,
): TemplateResult {
  const { block } = reading;
  const { area, stepIndex, topCount } = state;
  const fit = fits.find((each) => each.block === block);
  const rows = rowsOf({ content, area, stepIndex }, reading);
  const isEncoded = path.kind === 'encoded';
  const labelOf = (id: number) =>
    labels.find((each) => each.block === block && each.id === id)?.label ?? null;
  return html`<section class="block" aria-label=${block} ${blockColour(block)}>
    <header>
      <h2>${block}</h2>
      <span class="muted">${reading.path}</span>
      ${
        fit
          ? figure({
              label: 'Explained variance here',
              value: significant(100 * fit.explainedVariance),
              unit: `% of ΔD, R² ${significant(fit.rSquared)}`,
              how: fitHow,
            })
          : nothing
      }
    </header>
    ${
      rows.length === 0
        ? html`<p class="muted">
            ${isEncoded ? 'No feature is stronger than in the control.' : 'No feature is active.'}
          </p>`
        : html`<div class="scroller" tabindex="0" role="region" aria-label="Features of ${block}">
            <table class="features">
              <caption class="muted">
                ${captionWords(state, isEncoded, Math.min(topCount, rows.length), rows.length)}
              </caption>
              <thead>
                <tr>
                  <th scope="col" class="feature">Feature</th>
                  <td></td>
                  ${heads(isEncoded, area !== null).map(
                    ([title, meaning]) => html`<th scope="col" title=${meaning}>${title}</th>`,
                  )}
                </tr>
              </thead>
              <tbody>
                ${repeat(
                  rows.slice(0, topCount),
                  ({ id }) => id,
                  (row) => rowView(state, block, row, labelOf(row.id), actions),
                )}
              </tbody>
            </table>
          </div>`
    }
  </section>`;
}

function heads(isEncoded: boolean, hasArea: boolean): readonly (readonly [string, string])[] {
  if (isEncoded) {
    return [
      [
        'More than control',
        'Mean activation in the picture minus that in the control, mean over the noises',
      ],
      ['±', 'Standard deviation of that difference over the noises'],
      ['Picture', 'Mean activation over the cells, mean over the noises'],
      ['Control', 'The same in the control'],
    ];
  }
  if (!hasArea) return [['Mean', 'Mean activation over all cells, inactive ones counted as 0']];
  return [
    ['More than the rest', 'Mean activation here minus that in the rest of the picture'],
    ['Here', 'Mean activation over the chosen cells'],
    ['Rest', 'Mean activation over the other cells'],
  ];
}

function captionWords(
  { area }: PanelState,
  isEncoded: boolean,
  shownCount: number,
  count: number,
): string {
  const what = isEncoded ? 'stronger than in the control' : area ? 'stronger here' : 'active';
  return `${String(shownCount)} of ${String(count)} ${what}${area ? ', in the chosen cells' : ''}, in activations`;
}

function rowView(
  { shown, area, host }: PanelState,
  block: string,
  { id, value, spread, picture, beside }: Row,
  label: ExplainSummary['labels'][number]['label'] | null,
  actions: PanelActions,
): TemplateResult {
  const feature = { block, id };
  const isOn = shown?.block === block && shown.id === id;
  const isEncoded = host?.result?.path.kind === 'encoded';
  const numbers = isEncoded
    ? [
        significant(value),
        spread === null ? '–' : significant(spread),
        significant(picture),
        significant(beside ?? 0),
      ]
    : area
      ? [significant(value), significant(picture), significant(beside ?? 0)]
      : [significant(value)];
  const name = featureName(feature);
  return html`<tr class=${isOn ? 'shown' : ''}>
    <th scope="row" class="feature">
      ${featureChip({
        ...{ feature, label },
        onOpen: actions.services.openCard,
        preview: actions.services.preview,
      })}
    </th>
    <td>
      <button
        type="button"
        class="mapToggle"
        aria-pressed=${isOn}
        aria-label=${`Map of ${name}`}
        title=${isOn ? 'Take the map off' : 'Show where it is'}
        @click=${() => {
          actions.show(feature);
        }}
      >
        Map
      </button>
    </td>
    ${numbers.map((text) => html`<td>${text}</td>`)}
  </tr>`;
}
