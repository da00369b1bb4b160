import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { BoardState } from '../../src/protocol/boardPanel.ts';
import type { Problem } from '../../src/protocol/resultPanel.ts';
import { timeLeft } from '../shared/duration.ts';
import { emptyState } from '../shared/emptyState/emptyState.ts';
import { featureDrop } from '../shared/featureChip/featureDrag.ts';
import { jobBar } from '../shared/jobBar/jobBar.ts';
import { ViewState } from '../shared/picture/viewState.ts';
import { problem } from '../shared/problem/problem.ts';
import { baseBar } from './baseBar.ts';
import { originalRow } from './originalRow.ts';
import type { PanelActions } from './panelActions.ts';
import { rankView } from './rankView.ts';
import type { PanelState } from './state.ts';
import { iconsView } from './stripView.ts';
import { toolbar } from './toolbar.ts';
import { variantRow } from './variantRow.ts';

/** Draws the panel; keeps between drawings only zoom and pan, the same for all pictures. */
export class PanelView {
  readonly #actions: PanelActions;
  readonly #position = new ViewState();

  constructor(actions: PanelActions) {
    this.#actions = actions;
  }

  /** In reading order: what is edited, the variants, what was found out about the picture. */
  panel(state: PanelState): TemplateResult {
    const { host, trouble } = state;
    const told = host?.problem ?? (trouble === null ? null : { cause: trouble });
    return html`
      <h1 class="visuallyHidden">Ablation board</h1>
      ${told ? this.#notice(told) : nothing} ${host ? this.#content(state, host) : nothing}
    `;
  }

  #content(state: PanelState, host: BoardState): TemplateResult {
    const actions = this.#actions;
    if (!host.document.base) {
      return emptyState({
        title: 'No picture yet',
        text: 'The board shows a picture beside what becomes of it when features are removed, scaled, added or painted in. Generate a picture first, or open one from the runs.',
        actionLabel: 'Generate',
        onAct: () => {
          actions.generate();
        },
      });
    }
    const dropped = featureDrop((features) => {
      actions.addFeatures(features);
    });
    return html`${toolbar(state, host, actions)} ${baseBar(host, actions)}
      ${host.job ? this.#job(state, host.job) : nothing}
      <section
        class="variants ${host.columns.length > 1 ? 'severalColumns' : 'oneColumn'}"
        aria-label="Variants"
        @dragover=${dropped.over}
        @drop=${dropped.drop}
      >
        ${
          host.columns.length > 1 || host.document.variants.length === 0
            ? originalRow(state, host, this.#position)
            : nothing
        }
        ${repeat(
          host.document.variants,
          ({ id }) => id,
          (variant) => variantRow(state, host, variant, this.#position, actions),
        )}
        ${host.document.variants.length === 0 ? this.#withoutVariants() : nothing}
      </section>
      ${rankView(state, host, actions)} ${iconsView(state, host, this.#position, actions)}`;
  }

  #withoutVariants(): TemplateResult {
    return emptyState({
      title: 'No variants yet',
      text: 'Each variant is this picture with an edit: a feature removed, scaled or added, in a painted part or everywhere. Use “Ablate Feature” in the tree or the feature view, drop a feature here, or add one by its id.',
      actionLabel: 'Add Feature…',
      onAct: () => {
        this.#actions.addFeatures(null);
      },
    });
  }

  #job(state: PanelState, { phase, fraction, count }: NonNullable<BoardState['job']>) {
    const { jobStartedMs } = state;
    const actions = this.#actions;
    return jobBar({
      phase,
      fraction,
      ...(count.total > 0 ? { count } : {}),
      leftMs:
        jobStartedMs === null ? undefined : timeLeft(performance.now() - jobStartedMs, fraction),
      onCancel: () => {
        actions.cancel();
      },
      onLog: () => {
        actions.act('showLog');
      },
    });
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
