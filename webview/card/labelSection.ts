import { html, nothing, type TemplateResult } from 'lit';
import type { CardContent } from '../../src/protocol/cardPanel.ts';
import { type EffectiveLabel, labelLimits } from '../../src/protocol/labels.ts';
import { labelWords } from '../shared/featureChip/labelWords.ts';
import { button } from '../ui/button.ts';
import { textArea } from '../ui/textArea.ts';
import { textField } from '../ui/textField.ts';
import type { PanelActions } from './panelActions.ts';
import { keys } from './panelKeys.ts';
import { type Draft, ownLabel, type PanelState } from './state.ts';

/** The person's own label and notes, to be edited; the others with who says so. */
export function labelSection(
  state: PanelState,
  card: CardContent | null,
  actions: PanelActions,
): TemplateResult {
  const others = card?.labels.filter(({ source }) => source !== 'own') ?? [];
  return html`<section class="labels" aria-label="Label">
    <h2>Label</h2>
    ${state.host?.labelsFile === null ? withoutFolder(actions) : editor(state, actions)}
    ${
      others.length > 0
        ? html`<ul class="otherLabels">
            ${others.map(otherLabel)}
          </ul>`
        : nothing
    }
    ${
      card && !card.figures.isDead
        ? html`<div class="buttons">
            ${button({
              label: 'Test Blindly…',
              title: 'Guess in which of ten pictures it is active: how good is the label?',
              onClick: () => void actions.startBlind(),
            })}
          </div>`
        : nothing
    }
  </section>`;
}

const otherLabel = (label: EffectiveLabel): TemplateResult =>
  html`<li>
    <span class="chip-${label.source}">${label.text}</span>
    <span class="muted"
      >${labelWords(label)}${label.category === '' ? '' : `, category ${label.category}`}</span
    >
  </li>`;

function withoutFolder(actions: PanelActions): TemplateResult {
  return html`<p class="muted">
      Your own labels are kept in a text file of the workspace. Open a folder to write some.
    </p>
    <div class="buttons">
      ${button({
        label: 'Open Folder…',
        onClick: () => {
          actions.services.run('openFolder');
        },
      })}
    </div>`;
}

function editor(state: PanelState, actions: PanelActions): TemplateResult {
  const own = ownLabel(state);
  const kept = state.content?.labels.find(({ source }) => source === 'own');
  const draft = state.draft ?? own;
  const problem = {
    text: tooLong(draft.text, labelLimits.textMax),
    note: tooLong(draft.note, labelLimits.noteMax),
  };
  const change = (part: Partial<Draft>): void => {
    actions.send({ kind: 'drafted', draft: { ...draft, ...part } });
  };
  const isChanged = draft.text !== own.text || draft.note !== own.note;
  return html`<div
      class="ownLabel"
      @keydown=${(event: KeyboardEvent) => {
        const isField = (event.target as Element).localName === 'vscode-text-field';
        const isSave = event.key === 'Enter' && (isField || event.ctrlKey || event.metaKey);
        if (isSave && isChanged && !problem.text && !problem.note) void actions.saveLabel();
      }}
    >
      ${textField({
        label: `Your label (${keys.label})`,
        value: draft.text,
        problem: problem.text,
        hint: kept ? labelWords(kept) : undefined,
        onInput: (text) => {
          change({ text });
        },
      })}
      ${textArea({
        label: 'Notes',
        value: draft.note,
        rows: 2,
        problem: problem.note,
        onInput: (note) => {
          change({ note });
        },
      })}
    </div>
    <div class="buttons">
      ${button({
        label: 'Save',
        appearance: 'primary',
        isDisabled: !isChanged || Boolean(problem.text ?? problem.note),
        title: `Into ${state.host?.labelsFile ?? ''} (Enter in the label, Ctrl+Enter in the notes)`,
        onClick: () => void actions.saveLabel(),
      })}
      ${
        isChanged
          ? button({
              label: 'Discard',
              onClick: () => {
                actions.send({ kind: 'drafted', draft: null });
              },
            })
          : nothing
      }
      ${
        state.before && !isChanged
          ? html`<span class="muted" role="status">Saved in ${state.host?.labelsFile}.</span>
              ${button({ label: 'Undo', onClick: () => void actions.undoLabel() })}`
          : nothing
      }
    </div>`;
}

const tooLong = (text: string, max: number): string | undefined =>
  text.length > max
    ? `At most ${String(max)} characters; these are ${String(text.length)}.`
    : undefined;
