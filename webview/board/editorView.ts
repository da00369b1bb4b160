import { html, nothing, type TemplateResult } from 'lit';
import type { BoardState, BoardVariant } from '../../src/protocol/boardPanel.ts';
import type { ViewState } from '../shared/picture/viewState.ts';
import { button } from '../ui/button.ts';
import { commitField } from '../ui/commitField.ts';
import { controlsView } from './controlsView.ts';
import { downstreamView } from './downstreamView.ts';
import { editFields } from './editFields.ts';
import { amountsOf, guardTable } from './guardView.ts';
import { paintView } from './paintView.ts';
import type { PanelActions } from './panelActions.ts';
import { withAnotherEdit, withEdit, without } from './recipeEdit.ts';
import { recipeOf, shownCell, type PanelState } from './state.ts';
import { stripSection } from './stripView.ts';

/** The recipe of the variant in focus, its mask, and what is known about its effect. */
export function editorView(
  state: PanelState,
  host: BoardState,
  variant: BoardVariant,
  position: ViewState,
  actions: PanelActions,
): TemplateResult {
  const recipe = recipeOf(state, variant);
  const { id } = variant;
  const amounts = amountsOf(host, id);
  // What mean and maximum are does not change with the amount.
  const known = amounts.length > 0 ? amounts : shownCell(state, host.focusColumn, id)?.cell.amounts;
  const { painting } = state;
  return html`<div class="editor">
    <div class="recipe">
      ${recipe.edits.map((edit, index) =>
        editFields(
          { state, host, id, index, edit, known: known ?? [] },
          actions,
          (next, control) => {
            actions.setRecipe(id, withEdit(recipe, index, next), control);
          },
          () => {
            actions.setRecipe(id, { ...recipe, edits: recipe.edits.toSpliced(index, 1) });
          },
        ),
      )}
      <div class="recipeActions">
        ${button({
          label: 'Add Edit',
          title: 'One more edit in the same picture',
          onClick: () => {
            actions.setRecipe(id, withAnotherEdit(recipe, host.blocks));
          },
        })}
        ${copyButton('Copy Recipe', 'json', 'The recipe as JSON, for an experiment or another board')}
        ${copyButton('Copy Command', 'command', 'The command line that makes this picture')}
        ${copyButton('Copy Python', 'python', 'A script for torch and diffusers that makes this picture')}
      </div>
      ${commitField({
        label: 'Name',
        value: recipe.name ?? '',
        placeholder: 'What this variant is called; its edits without a name',
        onCommit: (name) => {
          actions.setRecipe(id, name === '' ? without(recipe, 'name') : { ...recipe, name });
        },
      })}
      ${guardTable(amounts)}
    </div>
    ${
      painting?.variantId === id
        ? paintView(state, host, painting, recipe, position, actions)
        : nothing
    }
    ${controlsView(state, host, variant, position, actions)}
    ${stripSection(state, host, variant, recipe, position, actions)}
    ${downstreamView(host, variant, actions)}
  </div>`;

  function copyButton(label: string, form: 'json' | 'command' | 'python', title: string) {
    return button({
      label,
      title,
      onClick: () => {
        actions.copy(id, form);
      },
    });
  }
}
