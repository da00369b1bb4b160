import { html, nothing, type TemplateResult } from 'lit';
import type { ReadBlock } from '../../src/protocol/featurePanel.ts';
import type { Problem } from '../../src/protocol/resultPanel.ts';
import { emptyState } from '../shared/emptyState/emptyState.ts';
import { ViewState } from '../shared/picture/viewState.ts';
import { problem } from '../shared/problem/problem.ts';
import { blockList } from './blockView.ts';
import type { PanelActions } from './panelActions.ts';
import { pictureSide } from './pictureSide.ts';
import { currentReadings, type PanelState } from './state.ts';
import { tileMaker } from './tiles.ts';
import { toolbar } from './toolbar.ts';
import { unetView } from './unetView.ts';

/** Draws the panel; keeps between drawings only zoom and pan, and maps that have not changed. */
export class PanelView {
  readonly #actions: PanelActions;
  readonly #position = new ViewState();
  readonly #tiles = tileMaker();

  constructor(actions: PanelActions) {
    this.#actions = actions;
  }

  /** In reading order: what is shown and how, the picture, the blocks. */
  panel(state: PanelState): TemplateResult {
    const { host, trouble } = state;
    const told = host?.problem ?? (trouble === null ? null : { cause: trouble });
    return html`
      <h1 class="visuallyHidden">Features of the picture</h1>
      ${told ? this.#notice(told) : nothing} ${host ? this.#content(state) : nothing}
    `;
  }

  #content(state: PanelState): TemplateResult | typeof nothing {
    const actions = this.#actions;
    const { host } = state;
    if (!host?.picture) {
      if (host?.problem) return nothing;
      return emptyState({
        title: 'No picture yet',
        text: 'While a picture is made, the sparse autoencoders of the model read which features are active in each block, how strongly and where. They are listed here.',
        actionLabel: 'Generate',
        onAct: () => {
          actions.generate();
        },
      });
    }
    const readings = currentReadings(state);
    if (!readings || readings.length === 0) return this.#withoutFeatures(state, readings);
    const tiles = this.#tiles(state);
    return html`${toolbar(state, readings, tiles, actions)} ${unetView(state, readings, actions)}
      <div class="sides ${tiles.length > 1 ? 'severalTiles' : ''}">
        ${pictureSide(state, readings, tiles, this.#position, actions)}
        ${blockList(state, readings, actions)}
      </div>`;
  }

  #withoutFeatures(
    state: PanelState,
    readings: readonly ReadBlock[] | null | undefined,
  ): TemplateResult {
    const actions = this.#actions;
    if (readings === undefined) return html`<p class="waiting" role="status">Reading features…</p>`;
    const isWithoutSae = readings !== null;
    return html`${pictureSide(state, [], this.#tiles(state), this.#position, actions)}
    ${emptyState(
      isWithoutSae
        ? {
            title: 'No sparse autoencoders',
            text: 'The model that made this picture has none for any of its blocks.',
            actionLabel: 'Choose Model',
            onAct: () => {
              actions.act('chooseModel');
            },
          }
        : {
            title: 'No features for this picture',
            text: 'Generate it again with the same prompt, seed and settings: features are read while a picture is made.',
            actionLabel: 'Generate Again',
            onAct: () => {
              actions.generate();
            },
          },
    )}`;
  }

  #notice({ cause, action }: Problem): TemplateResult {
    return problem({
      severity: 'error',
      cause,
      action,
      onAct: (id) => {
        this.#actions.act(id);
      },
      onLog: () => {
        this.#actions.act('showLog');
      },
    });
  }
}
