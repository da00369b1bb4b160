import { html, nothing, type TemplateResult } from 'lit';
import type { BoardState, BoardVariant } from '../../src/protocol/boardPanel.ts';
import type { Edit } from '../../src/protocol/recipe.ts';
import { blockColour } from '../shared/blockColour.ts';
import type { ViewState } from '../shared/picture/viewState.ts';
import { button } from '../ui/button.ts';
import { copyIcon, saveIcon } from '../ui/icons.ts';
import { cellView } from './cellView.ts';
import { editorView } from './editorView.ts';
import { amountsOf, guardMark } from './guardView.ts';
import type { PanelActions } from './panelActions.ts';
import { editWords, variantName } from './recipeWords.ts';
import { recipeOf, shownCell, type PanelState } from './state.ts';

/** A variant: its recipe as chips, its pictures, and, in focus, its editor. */
export function variantRow(
  state: PanelState,
  host: BoardState,
  variant: BoardVariant,
  position: ViewState,
  actions: PanelActions,
): TemplateResult {
  const recipe = recipeOf(state, variant);
  const isFocused = host.focusId === variant.id;
  const name = variantName(recipe);
  const trouble = host.troubles[variant.id];
  return html`<article class="variant ${isFocused ? 'focused' : ''}" aria-label=${name}>
    <header>
      <button
        type="button"
        class="variantName"
        aria-expanded=${isFocused}
        title=${isFocused ? 'Close the editor' : 'Edit this variant'}
        @click=${() => {
          actions.focus(isFocused ? null : variant.id);
        }}
      >
        <span aria-hidden="true">${isFocused ? '▾' : '▸'}</span>
        ${recipe.name ? html`<strong>${recipe.name}</strong>` : nothing}
        ${recipe.edits.map(editChip)} ${recipe.edits.length === 0 ? 'no edit' : nothing}
      </button>
      ${guardMark(amountsOf(host, variant.id))} ${rowButtons(state, host, variant, actions)}
    </header>
    ${trouble === undefined ? nothing : html`<p class="variantTrouble" role="alert">${trouble}</p>`}
    <div class="cells">
      ${host.columns.map((_, column) => cellView(state, host, variant, column, position, actions))}
    </div>
    ${isFocused ? editorView(state, host, variant, position, actions) : nothing}
  </article>`;
}

const editChip = (edit: Edit): TemplateResult =>
  html`<span class="editChip" ${blockColour(edit.block)}
    ><span class="chipStripe"></span><span class="chipBlock">${edit.block}</span>
    <span>${editWords(edit)}</span></span
  >`;

function rowButtons(
  state: PanelState,
  host: BoardState,
  { id, recipe }: BoardVariant,
  actions: PanelActions,
): TemplateResult {
  const index = host.document.variants.findIndex((one) => one.id === id);
  const shown = shownCell(state, host.focusColumn, id);
  const icon = (
    label: string,
    sign: string | TemplateResult,
    onClick: () => void,
    isDisabled = false,
  ) => button({ label, icon: html`${sign}`, appearance: 'icon', isDisabled, onClick });
  return html`<div class="rowButtons" role="group" aria-label="Variant">
    ${icon(
      'Move up',
      '↑',
      () => {
        actions.command({ kind: 'moveVariant', id, by: -1 });
      },
      index === 0,
    )}
    ${icon(
      'Move down',
      '↓',
      () => {
        actions.command({ kind: 'moveVariant', id, by: 1 });
      },
      index === host.document.variants.length - 1,
    )}
    ${icon('Duplicate variant', copyIcon, () => {
      actions.command({ kind: 'addVariant', recipe, afterId: id });
    })}
    ${icon(
      'Save picture as PNG…',
      saveIcon,
      () => {
        if (shown) actions.savePng(shown.cell.pictureId);
      },
      shown === undefined,
    )}
    ${icon('Remove variant', '✕', () => {
      actions.command({ kind: 'removeVariant', id });
    })}
  </div>`;
}
