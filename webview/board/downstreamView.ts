import { html, nothing, type TemplateResult } from 'lit';
import type { BoardState, BoardVariant } from '../../src/protocol/boardPanel.ts';
import type { DownstreamBlock } from '../../src/protocol/interventions.ts';
import { featureChip } from '../shared/featureChip/featureChip.ts';
import { significant } from '../../src/numerics/significant.ts';
import { button } from '../ui/button.ts';
import { stale } from './controlsView.ts';
import type { PanelActions } from './panelActions.ts';

const perKind = 4;

/** Which features of later blocks the edit changed, beside what matched controls did to them. */
export function downstreamView(
  host: BoardState,
  { id }: BoardVariant,
  actions: PanelActions,
): TemplateResult {
  const evidence = host.evidence[id];
  const downstream = evidence?.downstream;
  return html`<details class="section" ?open=${downstream !== undefined}>
    <summary>Downstream features</summary>
    <p class="muted">
      How the codes of later blocks change, mean over cells and steps, against the same codes under
      matched controls.
    </p>
    ${button({
      label: 'Read Downstream',
      isDisabled: host.job !== null,
      onClick: () => {
        actions.start({ kind: 'downstream', variantId: id, count: perKind, seed: 0 });
      },
    })}
    ${
      downstream
        ? html`${evidence.isStale ? stale : nothing}
          ${downstream.blocks.length === 0 ? html`<p>No later block has an SAE.</p>` : nothing}
          ${downstream.blocks.map((block) => blockTable(block, actions))}`
        : nothing
    }
  </details>`;
}

function blockTable(
  { block, total, controlTotals, changes }: DownstreamBlock,
  actions: PanelActions,
): TemplateResult {
  const mean = controlTotals.reduce((a, b) => a + b, 0) / Math.max(1, controlTotals.length);
  const controls =
    controlTotals.length > 0
      ? `; controls ${significant(mean)} on average (${controlTotals.length})`
      : '';
  return html`<div class="tableFrame" tabindex="0" role="region" aria-label="Changes in ${block}">
    <table class="figureTable">
      <caption>
        ${block}: sum of all changes ${significant(total)}${controls}
      </caption>
      <thead>
        <tr>
          <th scope="col">Feature</th>
          <th scope="col">Before</th>
          <th scope="col">After</th>
          <th scope="col">Change</th>
          <th scope="col">Controls</th>
          <th scope="col">Effect size</th>
        </tr>
      </thead>
      <tbody>
        ${changes.map(
          (one) =>
            html`<tr>
              <th scope="row">
                ${featureChip({
                  feature: { block, id: one.feature },
                  onOpen: (feature) => {
                    actions.showFeature(feature);
                  },
                  onBoard: (feature) => {
                    actions.addFeatures([feature]);
                  },
                })}
              </th>
              <td>${significant(one.before)}</td>
              <td>${significant(one.after)}</td>
              <td>${one.change > 0 ? '+' : ''}${significant(one.change)}</td>
              <td>${significant(one.controlMean)} ± ${significant(one.controlStd)}</td>
              <td>${one.effectSize === null ? '–' : significant(one.effectSize)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
