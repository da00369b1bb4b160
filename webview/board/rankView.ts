import { html, nothing, type TemplateResult } from 'lit';
import type { BoardRank, BoardState } from '../../src/protocol/boardPanel.ts';
import type { RankedFeature } from '../../src/protocol/interventions.ts';
import { featureChip } from '../shared/featureChip/featureChip.ts';
import { significant, similarity } from '../../src/numerics/significant.ts';
import { button } from '../ui/button.ts';
import type { PanelActions } from './panelActions.ts';
import { focusOf, type PanelState } from './state.ts';

const count = 50;

/** What each of the strongest features does to the picture when it alone is removed. */
export function rankView(
  state: PanelState,
  host: BoardState,
  actions: PanelActions,
): TemplateResult {
  const region = focusOf(state)?.recipe.edits.find(({ mask }) => mask)?.mask;
  const { rank } = host;
  return html`<details class="section wide" ?open=${rank !== null}>
    <summary>Causal rank of the picture’s features</summary>
    <p class="muted">
      Removes each of the ${count} strongest features alone and sorts them by what that does: a
      strong feature may do little, a weak one much.
    </p>
    <div class="buttons">
      ${button({
        label: 'Rank over Whole Picture',
        isDisabled: host.job !== null,
        onClick: () => {
          actions.start({ kind: 'rank', count });
        },
      })}
      ${button({
        label: 'Rank inside Mask',
        isDisabled: host.job !== null || !region,
        title: region
          ? 'Effect inside the mask of the variant in focus'
          : 'Open a variant with a painted mask first',
        onClick: () => {
          if (region) actions.start({ kind: 'rank', count, region });
        },
      })}
    </div>
    ${rank ? rankTable(rank, actions) : nothing}
  </details>`;
}

function rankTable(
  { features, totalCount, isComplete, hasRegion }: BoardRank,
  actions: PanelActions,
): TemplateResult {
  const byActivation = new Map(
    features
      .toSorted((a, b) => b.activation - a.activation)
      .map((one, index) => [one, index + 1] as const),
  );
  const largest = Math.max(...features.map(({ effect }) => effect), 1e-12);
  return html`<div class="tableFrame tall" tabindex="0" role="region" aria-label="Causal rank">
    <table class="figureTable">
      <caption>
        ${isComplete ? `${features.length} features` : `${features.length} of ${totalCount} so far`},
        effect ${hasRegion ? 'inside the mask' : 'on the whole picture'}. Blocks differ in scale:
        activations compare within a block.
      </caption>
      <thead>
        <tr>
          <th scope="col">Rank</th>
          <th scope="col">Feature</th>
          <th scope="col">Effect, of 255</th>
          <th scope="col">SSIM</th>
          <th scope="col">Mean activation</th>
          <th scope="col">Rank by it</th>
          <th scope="col"><span class="visuallyHidden">Actions</span></th>
        </tr>
      </thead>
      <tbody>
        ${features.map((one, index) => rankRow(one, index, largest, byActivation.get(one), actions))}
      </tbody>
    </table>
  </div>`;
}

function rankRow(
  { block, feature, effect, ssim, activation }: RankedFeature,
  index: number,
  largest: number,
  activationRank: number | undefined,
  actions: PanelActions,
): TemplateResult {
  const ref = { block, id: feature };
  return html`<tr>
    <td>${index + 1}</td>
    <th scope="row">
      ${featureChip({
        feature: ref,
        strength: { value: effect, unit: 'of 255', share: effect / largest },
        onOpen: () => {
          actions.showFeature(ref);
        },
        onBoard: () => {
          actions.addFeatures([ref]);
        },
      })}
    </th>
    <td>${significant(effect)}</td>
    <td>${similarity(ssim)}</td>
    <td>${significant(activation)}</td>
    <td>${activationRank}</td>
    <td>
      ${button({
        label: 'Ablate',
        name: `Ablate ${block}/${feature}`,
        title: 'A variant that removes it',
        onClick: () => {
          actions.addFeatures([ref]);
        },
      })}
    </td>
  </tr>`;
}
