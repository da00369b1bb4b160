import { html, nothing, svg, type TemplateResult } from 'lit';
import type { CardContent } from '../../src/protocol/cardPanel.ts';
import { featureName, isSameFeature } from '../../src/protocol/featureName.ts';
import type { FeatureRef } from '../../src/protocol/featurePanel.ts';
import { blockColour } from '../shared/blockColour.ts';
import { blocks } from '../shared/blocks.ts';
import { labelWords } from '../shared/featureChip/labelWords.ts';
import { writeFeatureDrag } from '../shared/featureChip/featureDrag.ts';
import { button } from '../ui/button.ts';
import type { PanelActions } from './panelActions.ts';
import { keys } from './panelKeys.ts';
import type { PanelState } from './state.ts';

const icons = {
  back: 'M10 3L5 8l5 5',
  forward: 'M6 3l5 5-5 5',
  pin: 'M5.5 2.5h5M6.5 2.5v5l-2 2h7l-2-2v-5M8 9.5v4',
};
const icon = (path: string): TemplateResult =>
  html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
    ${svg`<path d=${path} fill="none" stroke="currentColor" />`}
  </svg>`;

/** Which feature, by name and label; the way back and forward; what can be done with it. */
export function cardHeader(
  state: PanelState,
  feature: FeatureRef,
  card: CardContent | null,
  actions: PanelActions,
): TemplateResult {
  const { host } = state;
  const { services } = actions;
  const isPinned = host?.pinned.some((one) => isSameFeature(one, feature)) ?? false;
  const role = blocks.find(({ name }) => name === feature.block)?.role;
  const label = card?.label;
  return html`<header class="cardHeader" ${blockColour(feature.block)}>
    <nav aria-label="Features shown before">
      ${button({
        ...{ label: `Back (${keys.back})`, appearance: 'icon', icon: icon(icons.back) },
        isDisabled: !host?.canGoBack,
        onClick: () => {
          actions.go('back');
        },
      })}
      ${button({
        ...{ label: `Forward (${keys.forward})`, appearance: 'icon', icon: icon(icons.forward) },
        isDisabled: !host?.canGoForward,
        onClick: () => {
          actions.go('forward');
        },
      })}
    </nav>
    <div
      class="cardTitle"
      draggable="true"
      data-vscode-context=${JSON.stringify({
        webviewSection: 'feature',
        block: feature.block,
        id: feature.id,
        preventDefaultContextMenuItems: true,
      })}
      @dragstart=${({ dataTransfer }: DragEvent) => {
        if (dataTransfer) writeFeatureDrag(dataTransfer, [feature]);
      }}
    >
      <h1>${featureName(feature)}</h1>
      ${
        label
          ? html`<span class="cardLabel chip-${label.source}" title=${labelWords(label)}
              >${label.text}</span
            >`
          : nothing
      }
      <span class="muted"
        >${role === undefined ? '' : `in the paper: ${role}`}${
          card
            ? `${role === undefined ? '' : ' · '}one of ${card.nFeatures.toLocaleString('en')}`
            : ''
        }</span
      >
    </div>
    <div class="buttons">
      ${button({
        ...{ appearance: 'icon', icon: icon(icons.pin) },
        label: isPinned ? `Unpin (${keys.pin})` : `Pin (${keys.pin})`,
        onClick: () => {
          actions.togglePin();
        },
      })}
      ${button({
        label: 'Show Map',
        title: 'Where it is active in the current picture',
        onClick: () => {
          services.run('showMap', feature);
        },
      })}
      ${button({
        label: 'Gallery',
        title: `All features of ${feature.block}`,
        onClick: () => {
          services.run('openGallery', { block: feature.block });
        },
      })}
      ${button({
        label: 'Open Beside',
        title: 'In a card of its own, to compare',
        onClick: () => {
          services.openCardBeside(feature);
        },
      })}
      ${card ? exports(actions) : nothing}
    </div>
    <span class="said muted" role="status">${state.said}</span>
  </header>`;
}

const exports = (actions: PanelActions): TemplateResult =>
  html`${button({
    label: 'Save Sheet…',
    title: 'All pictures of the card with their maps, as PNG',
    onClick: () => void actions.saveSheet(),
  })}
  ${button({
    label: 'Save Markdown…',
    onClick: () => void actions.saveMarkdown(),
  })}
  ${button({
    label: 'Copy',
    title: 'Copy the card as Markdown',
    onClick: () => {
      actions.copyMarkdown();
    },
  })}`;
