import { html, nothing, type TemplateResult } from 'lit';
import type { CardContent } from '../../src/protocol/cardPanel.ts';
import type { FeatureRef } from '../../src/protocol/featurePanel.ts';
import { emptyState } from '../shared/emptyState/emptyState.ts';
import { problem } from '../shared/problem/problem.ts';
import { blindView } from './blindView.ts';
import { priorSection, wordsSection } from './contextSection.ts';
import { drawingSection } from './drawingSection.ts';
import { evidenceSection } from './evidenceSection.ts';
import { figuresSection } from './figuresSection.ts';
import { cardHeader } from './header.ts';
import { labelSection } from './labelSection.ts';
import { listsSection } from './listsSection.ts';
import type { PanelActions } from './panelActions.ts';
import { relatedSection } from './relatedSection.ts';
import { sheetSection } from './sheetSection.ts';
import { isContentShown, type PanelState } from './state.ts';

/** The card in reading order: which feature, what it is called, how often and where, the pictures, what is near. */
export function cardView(state: PanelState, actions: PanelActions): TemplateResult {
  const { host } = state;
  return html`${notice(state, actions)} ${host ? withHost(state, actions) : nothing}`;
}

function withHost(state: PanelState, actions: PanelActions): TemplateResult {
  const feature = state.host?.feature;
  if (!feature) {
    return html`<h1 class="visuallyHidden">Feature card</h1>
      ${emptyState({
        title: 'No feature yet',
        text: 'A card shows what is known of one feature: its label, how often and where it is active, and the pictures in which it is strongest.',
        actionLabel: 'Find Feature…',
        onAct: () => {
          actions.services.run('findFeature');
        },
      })}`;
  }
  if (state.blind) {
    return html`${cardHeader(state, feature, null, actions)} ${blindView(state.blind, actions)}`;
  }
  const { content } = state;
  if (content === undefined || !isContentShown(state)) {
    return html`${cardHeader(state, feature, null, actions)}
    ${state.trouble === null ? html`<p class="waiting" role="status">Reading the index…</p>` : nothing}`;
  }
  return content
    ? withContent(state, feature, content, actions)
    : withoutIndex(state, feature, actions);
}

function withContent(
  state: PanelState,
  feature: FeatureRef,
  card: CardContent,
  actions: PanelActions,
): TemplateResult {
  return html`${cardHeader(state, feature, card, actions)}
    <div class="columns">
      <div class="facts">
        ${labelSection(state, card, actions)} ${figuresSection(card, state.host?.isEmbedded)}
        ${wordsSection(card)} ${priorSection(card)} ${drawingSection(state, actions)}
        ${listsSection(state, card, actions)}
      </div>
      <div class="pictures">
        ${evidenceSection(state, card, actions)} ${sheetSection(state, actions)}
      </div>
      <div class="near">${relatedSection(card, actions)}</div>
    </div>`;
}

/** What a card shows comes from an index; own labels do not need one. */
function withoutIndex(
  state: PanelState,
  feature: FeatureRef,
  actions: PanelActions,
): TemplateResult {
  return html`${cardHeader(state, feature, null, actions)}
  ${emptyState({
    title: `No index of ${feature.block} yet`,
    text: 'An index is made from a collected set of pictures: it tells how often and where each feature is active, shows its strongest pictures and finds features by words.',
    actionLabel: 'Index…',
    onAct: () => {
      actions.services.run('indexSae', { block: feature.block });
    },
  })}
  ${sheetSection(state, actions)}
  ${state.host?.labelsFile === null ? nothing : labelSection(state, null, actions)}`;
}

function notice({ host, trouble }: PanelState, actions: PanelActions) {
  const told = host?.problem ?? (trouble === null ? null : { cause: trouble });
  if (!told) return nothing;
  return problem({
    severity: 'error',
    cause: told.cause,
    action: told.action,
    onAct: (id) => {
      actions.services.act(id);
    },
    onLog: () => {
      actions.services.act('showLog');
    },
  });
}
