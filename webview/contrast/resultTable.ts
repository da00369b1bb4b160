import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { ContrastRow } from '../../src/protocol/contrast.ts';
import { featureName } from '../../src/protocol/featureName.ts';
import { featureChip } from '../shared/featureChip/featureChip.ts';
import { significant } from '../../src/numerics/significant.ts';
import { toyNote } from '../shared/toyNote.ts';
import { button } from '../ui/button.ts';
import { checkbox } from '../ui/checkbox.ts';
import type { PanelActions } from './panelActions.ts';
import { type Column, type PanelState, shownRows } from './state.ts';

const heads: readonly (readonly [Column, string, string])[] = [
  ['feature', 'Feature', ''],
  [
    'auc',
    'AUC',
    'Probability that a picture of the first set has more of it than one of the second, ties half; 0.5 is no difference. Measured on the half on which it was not chosen.',
  ],
  [
    'difference',
    'First − second',
    'Difference of mean activations over all cells, with its 95 % interval (Welch)',
  ],
  ['left', 'First', 'Mean activation over all cells of the first set'],
  ['right', 'Second', 'Mean activation over all cells of the second set'],
  [
    'q',
    'q',
    'Mann-Whitney test on the other half, Benjamini-Hochberg over the chosen features of all blocks',
  ],
];

/** Features by how far they set the sides apart. */
export function resultTable(
  state: PanelState,
  actions: PanelActions,
): TemplateResult | typeof nothing {
  const { done, host } = state;
  if (!done) return nothing;
  const { testedCount, chosenCount, confirmedCount, leftCounts, rightCounts } = done.result;
  const rows = shownRows(state);
  return html`<section class="result" aria-label="Result">
    <h2>Result</h2>
    <p>
      ${significant(testedCount, 9)} features tested on ${leftCounts.chosenOn} and
      ${rightCounts.chosenOn} pictures, ${chosenCount} chosen;
      <b>${confirmedCount} confirmed</b> on the other ${leftCounts.measuredOn} and
      ${rightCounts.measuredOn} at a false discovery rate of ${done.form.falseDiscoveryRate}.
      ${host?.modelTitle ? `Model: ${host.modelTitle}.` : ''}
    </p>
    ${toyNote(host?.isEmbedded)}
    <div class="buttons">
      ${checkbox({
        label: 'Only confirmed',
        isChecked: state.isConfirmedOnly,
        onChange: (isOn) => {
          actions.send({ kind: 'confirmedOnly', isOn });
        },
      })}
      ${button({
        label: 'Copy CSV',
        isDisabled: rows.length === 0,
        onClick: () => {
          actions.copyCsv();
        },
      })}
    </div>
    ${
      rows.length === 0
        ? html`<p class="muted">
            ${
              chosenCount === 0
                ? 'No feature differs clearly on the first half. More pictures may tell more.'
                : 'No chosen feature was confirmed on the other half.'
            }
          </p>`
        : table(rows, state, actions)
    }
  </section>`;
}

function table(
  rows: readonly ContrastRow[],
  { sort }: PanelState,
  actions: PanelActions,
): TemplateResult {
  const direction = sort.isAscending ? 'ascending' : 'descending';
  return html`<div class="scroller" tabindex="0" role="region" aria-label="Table of features">
    <table class="contrast">
      <thead>
        <tr>
          ${heads.map(
            ([column, title, meaning]) =>
              html`<th
                scope="col"
                class=${column}
                aria-sort=${sort.column === column ? direction : nothing}
              >
                <button
                  type="button"
                  class="link"
                  title=${meaning || nothing}
                  @click=${() => {
                    actions.send({ kind: 'sorted', column });
                  }}
                >
                  ${title}${sort.column === column ? (sort.isAscending ? ' ↑' : ' ↓') : ''}
                </button>
              </th>`,
          )}
          <th scope="col">Confirmed</th>
          <th scope="col">Cause</th>
        </tr>
      </thead>
      <tbody>
        ${repeat(rows, featureName, (row) => bodyRow(row, actions))}
      </tbody>
    </table>
  </div>`;
}

function bodyRow(row: ContrastRow, actions: PanelActions): TemplateResult {
  const { services } = actions;
  const { measuredOn, isConfirmed } = row;
  const { leftMean, rightMean, differenceLow, differenceHigh, auc, qValue } = measuredOn;
  return html`<tr>
    <th scope="row" class="feature">
      ${featureChip({
        feature: { block: row.block, id: row.id },
        label: row.label,
        onOpen: services.openCard,
        onBoard: services.onBoard,
        preview: services.preview,
      })}
    </th>
    <td>${significant(auc)}</td>
    <td>
      ${significant(leftMean - rightMean)}
      <span class="muted">[${significant(differenceLow)}, ${significant(differenceHigh)}]</span>
    </td>
    <td>${significant(leftMean)}</td>
    <td>${significant(rightMean)}</td>
    <td>${significant(qValue, 2)}</td>
    <td>${isConfirmed ? 'yes' : 'no'}</td>
    <td>
      ${button({
        label: 'Test',
        name: `Test the cause of ${featureName(row)}`,
        title:
          'Removes it on the ablation board, beside matched controls, in a picture of the set that has more of it',
        onClick: () => {
          actions.test(row);
        },
      })}
    </td>
  </tr>`;
}
