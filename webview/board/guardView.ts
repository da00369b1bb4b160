import { html, nothing, type TemplateResult } from 'lit';
import type { BoardState } from '../../src/protocol/boardPanel.ts';
import type { AmountCheck } from '../../src/protocol/interventions.ts';
import { significant } from '../../src/numerics/significant.ts';

/** From the run when there was one, else from the check before it. */
export const amountsOf = (
  { columns, focusColumn, guards }: BoardState,
  variantId: string,
): readonly AmountCheck[] =>
  columns[focusColumn]?.edited[variantId]?.amounts ?? guards[variantId] ?? [];

/** The mark of the range guard on a row: how far out the farthest amount is. */
export function guardMark(amounts: readonly AmountCheck[]): TemplateResult | typeof nothing {
  const outside = amounts.filter(({ isOutside }) => isOutside);
  if (outside.length === 0) return nothing;
  const worst = Math.max(...outside.map(excess));
  const reasons = outside.map(({ label, reason }) => `${label}: ${reason}`).join('\n');
  return html`<span class="guardMark" title=${reasons}
    ><span aria-hidden="true">▲</span> ${significant(worst, 2)} × observed</span
  >`;
}

/** How many times more than what was observed: the larger of the two rules. */
function excess({ amount, max, ofUpdate }: AmountCheck): number {
  const ofMax = max !== null && max > 0 ? Math.abs(amount) / max : 0;
  return Math.max(ofMax, ofUpdate);
}

const sourceWords: Readonly<Record<NonNullable<AmountCheck['maxFrom']>, string>> = {
  index: 'of the index',
  picture: 'of this picture',
  source: 'where the direction was made',
};

const orDash = (value: number | null): string => (value === null ? '–' : significant(value));

/** Each amount against what was observed. */
export function guardTable(amounts: readonly AmountCheck[]): TemplateResult | typeof nothing {
  if (amounts.length === 0) return nothing;
  return html`<details class="guards" ?open=${amounts.some(({ isOutside }) => isOutside)}>
    <summary>Range guard</summary>
    <div class="tableFrame" tabindex="0" role="region" aria-label="Range guard">
      <table class="figureTable">
        <thead>
          <tr>
            <th scope="col">Source</th>
            <th scope="col">Amount</th>
            <th scope="col">Mean</th>
            <th scope="col">Std</th>
            <th scope="col">Largest</th>
            <th scope="col" title="|amount| · ‖W‖ / ‖ΔD‖ at the cell where that is largest">
              Of the update
            </th>
          </tr>
        </thead>
        <tbody>
          ${amounts.map(
            (one) =>
              html`<tr class=${one.isOutside ? 'outside' : ''}>
                  <th scope="row">${one.isOutside ? '▲ ' : ''}${one.label}</th>
                  <td>${significant(one.amount)}</td>
                  <td>${orDash(one.mean)}</td>
                  <td>${orDash(one.std)}</td>
                  <td>${orDash(one.max)} ${one.maxFrom ? sourceWords[one.maxFrom] : ''}</td>
                  <td>${significant(one.ofUpdate)} ×</td>
                </tr>
                ${
                  one.isOutside
                    ? html`<tr class="outside">
                        <td colspan="6" class="reason">${one.reason}</td>
                      </tr>`
                    : nothing
                }`,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}
