import { html, nothing, type TemplateResult } from 'lit';
import type { GenerateLimits } from '../../src/protocol/engine.ts';
import { schedulerNames } from '../../src/protocol/manifest.ts';
import { button } from '../ui/button.ts';
import { dropdown } from '../ui/dropdown.ts';
import { textArea } from '../ui/textArea.ts';
import { textField } from '../ui/textField.ts';
import {
  checkDraft,
  rulesOf,
  stepValue,
  type FormDraft,
  type FormProblems,
  type NumberField,
} from './form.ts';
import type { PanelActions } from './panelActions.ts';
import { schedulerLabels } from './pictureWords.ts';
import { freshSeed, type PanelState } from './state.ts';

const noLimits = 'The model has not been read yet';
/** More than this in a list is a search, which the command's own picker does better. */
const earlierPromptCount = 10;

/** Prompt and settings, and the buttons that make pictures from them. */
export function formView(
  state: PanelState,
  actions: PanelActions,
): TemplateResult | typeof nothing {
  const { host, draft } = state;
  if (!host || !draft) return nothing;
  const { limits } = host;
  const problems: FormProblems = limits ? checkDraft(draft, limits).problems : {};
  return html`<form class="form" aria-label="Picture to generate" @submit=${ignore}>
    <div class="promptRow">
      ${textArea({
        label: 'Prompt',
        value: draft.prompt,
        rows: 3,
        placeholder: 'A cat and a red apple on the beach',
        problem: problems.prompt,
        onInput: (value) => {
          actions.send({ kind: 'edited', field: 'prompt', value });
        },
        onLeave: (direction) => {
          actions.send({ kind: 'recalled', direction });
        },
      })}
      ${generateButtons(state, actions, limits === null ? noLimits : firstOf(problems))}
    </div>
    ${limits ? settings(draft, limits, problems, actions) : nothing}
    <div class="disclosures">
      ${earlierPrompts(host.promptHistory, actions)} ${advanced(state, draft, problems, actions)}
    </div>
  </form>`;
}

const ignore = (event: Event): void => {
  event.preventDefault();
};

const firstOf = (problems: FormProblems): string | undefined => Object.values(problems)[0];

function generateButtons(
  state: PanelState,
  actions: PanelActions,
  reason: string | undefined,
): TemplateResult {
  const isDisabled = reason !== undefined;
  const seed = freshSeed(state);
  const fresh = (label: string, count: number) =>
    button({
      label,
      isDisabled: isDisabled || seed === undefined,
      title: reason ?? `The settings below, from seed ${seed ?? ''} on`,
      onClick: () => {
        actions.generateFresh(count);
      },
    });
  return html`<div class="generateButtons">
    ${button({
      label: 'Generate',
      appearance: 'primary',
      isDisabled,
      title: reason ?? 'Generate (Ctrl+Enter)',
      onClick: () => {
        actions.generate();
      },
    })}
    ${fresh('Next seed', 1)} ${fresh('Four seeds', 4)}
  </div>`;
}

function settings(
  draft: FormDraft,
  limits: GenerateLimits,
  problems: FormProblems,
  actions: PanelActions,
): TemplateResult {
  const rules = rulesOf(limits);
  const edit = (field: keyof FormDraft, value: string): void => {
    actions.send({ kind: 'edited', field, value });
  };
  const number = (field: NumberField) =>
    textField({
      label: rules[field].label,
      value: draft[field],
      problem: problems[field],
      onInput: (value) => {
        edit(field, value);
      },
      onStep: (direction) => {
        edit(field, stepValue(rules[field], draft[field], direction));
      },
    });
  return html`<div class="settings" role="group" aria-label="Settings">
    ${number('seed')} ${number('steps')} ${number('guidanceScale')}
    ${dropdown({
      label: 'Scheduler',
      value: draft.scheduler,
      options: schedulerNames.map((name) => ({ value: name, label: schedulerLabels[name] })),
      onChange: (value) => {
        edit('scheduler', value);
      },
    })}
    ${number('width')} ${number('height')}
  </div>`;
}

function earlierPrompts(
  prompts: readonly string[],
  actions: PanelActions,
): TemplateResult | typeof nothing {
  if (prompts.length === 0) return nothing;
  return html`<details class="disclosure earlierPrompts">
    <summary>Earlier prompts</summary>
    <ul>
      ${prompts.slice(0, earlierPromptCount).map(
        (prompt) =>
          html`<li>
            <button
              type="button"
              class="listItem"
              @click=${() => {
                actions.send({ kind: 'edited', field: 'prompt', value: prompt });
              }}
            >
              ${prompt}
            </button>
          </li>`,
      )}
    </ul>
  </details>`;
}

function advanced(
  { isAdvancedOpen }: PanelState,
  draft: FormDraft,
  problems: FormProblems,
  actions: PanelActions,
): TemplateResult {
  return html`<details
    class="disclosure"
    ?open=${isAdvancedOpen || problems.negativePrompt !== undefined}
    @toggle=${(event: Event) => {
      const { open } = event.target as HTMLDetailsElement;
      actions.send({ kind: 'advancedToggled', isOpen: open });
    }}
  >
    <summary>Negative prompt</summary>
    ${textArea({
      label: 'What the picture should not show',
      value: draft.negativePrompt,
      rows: 2,
      problem: problems.negativePrompt,
      hint: 'Used with guidance above 1.',
      onInput: (value) => {
        actions.send({ kind: 'edited', field: 'negativePrompt', value });
      },
    })}
  </details>`;
}
