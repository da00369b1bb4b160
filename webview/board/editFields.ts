import { html, nothing, type TemplateResult } from 'lit';
import type { BoardState } from '../../src/protocol/boardPanel.ts';
import type { AmountCheck } from '../../src/protocol/interventions.ts';
import { type Edit, type MapKind, recipeVersion } from '../../src/protocol/recipe.ts';
import { blockColour } from '../shared/blockColour.ts';
import { button } from '../ui/button.ts';
import { commitField } from '../ui/commitField.ts';
import { dropdown } from '../ui/dropdown.ts';
import type { PanelActions } from './panelActions.ts';
import {
  operationOf,
  operations,
  sourcesOf,
  withMaps,
  withMask,
  without,
  withOperation,
  withSteps,
  type Operation,
} from './recipeEdit.ts';
import { editWords } from './recipeWords.ts';
import { sourceFields } from './sourceFields.ts';
import type { PanelState } from './state.ts';
import { parseSteps, stepText } from './stepText.ts';
import { strengthFields } from './strengthFields.ts';

export interface EditContext {
  readonly state: PanelState;
  readonly host: BoardState;
  readonly id: string;
  readonly index: number;
  readonly edit: Edit;
  /** What is known of the sources: means and maxima for units. */
  readonly known: readonly AmountCheck[];
}

const seedMax = 0xffffffff;

/** @param control what was moved, for undo; '' is a step of its own */
export type SetEdit = (edit: Edit, control: string) => void;

/** One edit of a recipe: operation, place, sources, strength, maps, steps, rows, mask. */
export function editFields(
  context: EditContext,
  actions: PanelActions,
  set: SetEdit,
  remove: () => void,
): TemplateResult {
  const { host, edit, index } = context;
  const operation = operationOf(edit);
  const label = `Edit ${index + 1}`;
  return html`<fieldset class="edit" ${blockColour(edit.block)}>
    <legend>${label}</legend>
    ${
      operation === undefined
        ? html`<p class="muted">${editWords(edit)}: a map of its own, made by a control.</p>`
        : html`<div class="fields">
              ${dropdown<Operation>({
                label: 'Operation',
                value: operation,
                options: operations.map(([value, words]) => ({ value, label: words })),
                onChange: (next) => {
                  set(withOperation(edit, next), '');
                },
              })}
              ${dropdown({
                label: 'Block',
                value: edit.block,
                options: host.blocks.map(({ block, nFeatures }) => ({
                  value: block,
                  label: nFeatures === null ? `${block} (no SAE)` : block,
                })),
                onChange: (block) => {
                  set({ ...edit, block }, '');
                },
              })}
              ${mapsField(edit, set)} ${rowsField(context, set)}
              ${stepsField(context, set, actions)} ${swapFields(edit, set, actions)}
            </div>
            ${'sources' in edit ? sourceFields(context, actions, set) : nothing}
            ${strengthFields(context, set)}`
    }
    ${maskLine(context, actions, set)}
    <div class="editButtons">
      ${sourcesOf(edit).length === 1 ? sourceButtons(context, actions) : nothing}
      ${button({ label: 'Remove Edit', name: `Remove ${label}`, onClick: remove })}
    </div>
  </fieldset>`;
}

function mapsField(edit: Edit, set: SetEdit): TemplateResult | typeof nothing {
  const maps = 'maps' in edit ? edit.maps : edit.kind === 'add' ? edit.onlyActive : undefined;
  if (maps === undefined) return nothing;
  return dropdown<MapKind>({
    label: 'Codes of',
    value: maps,
    options: [
      { value: 'static', label: 'Unedited run (static)' },
      { value: 'adaptive', label: 'Edited run (adaptive)' },
    ],
    onChange: (next) => {
      set(withMaps(edit, next), '');
    },
  });
}

function rowsField({ edit, state, host }: EditContext, set: SetEdit) {
  if (edit.kind !== 'add') return nothing;
  const guidance = host.columns[host.focusColumn]?.base.guidanceScale ?? 0;
  // Without guidance there is one row, and nothing to choose.
  if (guidance <= 1 && state.host) return nothing;
  return dropdown({
    label: 'Guidance rows',
    value: edit.rows,
    options: [
      { value: 'both', label: 'Add, and subtract in the other' },
      { value: 'conditional', label: 'Prompt’s row only' },
    ],
    onChange: (rows) => {
      set({ ...edit, rows }, '');
    },
  });
}

function stepsField({ edit, host }: EditContext, set: SetEdit, actions: PanelActions) {
  const stepCount = host.columns[host.focusColumn]?.base.steps ?? 1;
  if (stepCount <= 1 && !edit.steps) return nothing;
  return commitField({
    label: 'Steps',
    value: edit.steps ? stepText(edit.steps) : '',
    placeholder: `all ${stepCount}`,
    onCommit: (text) => {
      const steps = parseSteps(text, stepCount);
      if (typeof steps === 'string') actions.send({ kind: 'failed', cause: steps });
      else set(withSteps(edit, steps.length > 0 ? steps : undefined), '');
    },
  });
}

function swapFields(edit: Edit, set: SetEdit, actions: PanelActions) {
  if (edit.kind !== 'swap') return nothing;
  const { from } = edit;
  return html`${commitField({
    label: 'Seed of the other run',
    value: from.seed === undefined ? '' : String(from.seed),
    placeholder: 'the same',
    onCommit: (text) => {
      const seed = Number(text);
      if (text === '') set({ ...edit, from: without(from, 'seed') }, '');
      else if (Number.isInteger(seed) && seed >= 0 && seed <= seedMax) {
        set({ ...edit, from: { ...from, seed } }, '');
      } else {
        const cause = `"${text}" is no seed: a whole number from 0 to ${seedMax}.`;
        actions.send({ kind: 'failed', cause });
      }
    },
  })}
  ${commitField({
    label: 'Prompt of the other run',
    value: from.prompt ?? '',
    placeholder: 'the same',
    onCommit: (prompt) => {
      set({ ...edit, from: prompt === '' ? without(from, 'prompt') : { ...from, prompt } }, '');
    },
  })}`;
}

function maskLine({ id, index, edit, state }: EditContext, actions: PanelActions, set: SetEdit) {
  const isPainting = state.painting?.variantId === id && state.painting.editIndex === index;
  return html`<div class="maskLine">
    <span>${edit.mask ? 'Acts in a painted mask.' : 'Acts everywhere.'}</span>
    ${button({
      label: isPainting ? 'Close Painting' : 'Paint Mask',
      onClick: () => {
        if (isPainting) actions.endPainting();
        else actions.paint(id, index);
      },
    })}
    ${
      edit.mask
        ? button({
            label: 'Everywhere',
            title: 'Drops the mask; undo brings it back',
            onClick: () => {
              set(withMask(edit, undefined), '');
            },
          })
        : nothing
    }
  </div>`;
}

/** For edits with one source: what else can be done with it. */
function sourceButtons({ edit, host }: EditContext, actions: PanelActions): TemplateResult {
  const [source] = sourcesOf(edit);
  const { block } = edit;
  return html`${button({
    label: 'Icon',
    title: 'The feature alone, on the empty prompt, at γ 0.5, 1 and 1.5',
    isDisabled: host.job !== null,
    onClick: () => {
      if (source) actions.start({ kind: 'icon', block, source });
    },
  })}
  ${
    edit.kind === 'addMap'
      ? nothing
      : button({
          label: 'Also Ablate Block',
          title: 'A variant without this block’s whole update, to compare with',
          onClick: () => {
            const recipe = { version: recipeVersion, edits: [{ kind: 'ablate', block }] } as const;
            actions.command({ kind: 'addVariant', recipe });
          },
        })
  }`;
}
