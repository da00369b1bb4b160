import { countText } from '../../src/protocol/countText.ts';
import { html, nothing, type TemplateResult } from 'lit';
import { button } from '../ui/button.ts';
import { textArea } from '../ui/textArea.ts';
import { textField } from '../ui/textField.ts';
import { checkDraft, type Draft, promptsForVerdict } from './draft.ts';
import type { PanelActions } from './panelActions.ts';
import type { PanelState } from './state.ts';

const numbers = [
  ['seed', 'First seed', 'Each next picture has the next.'],
  ['steps', 'Steps', undefined],
  ['guidanceScale', 'Guidance', undefined],
] as const;

/** Which pictures the next report is made of. */
export function formView(
  state: PanelState,
  actions: PanelActions,
): TemplateResult | typeof nothing {
  const { host, draft } = state;
  if (!host?.model || !draft) return nothing;
  const { problems, settings, promptCount } = checkDraft(draft, host.model.limits);
  const isRunning = host.status.kind === 'running';
  const [reason] = Object.values(problems);
  return html`<form
    class="form"
    aria-label="Pictures to judge by"
    @submit=${(event: Event) => {
      event.preventDefault();
    }}
  >
    <h2>Pictures to judge by</h2>
    ${textArea({
      label: 'Prompts, one a line',
      value: draft.prompts,
      rows: 9,
      problem: problems.prompts,
      hint: promptHint(promptCount),
      onInput: (prompts) => {
        actions.write({ prompts });
      },
    })}
    <div class="numbers">
      ${numbers.map(([name, label, hint]) => numberField(name, label, hint, draft, problems, actions))}
    </div>
    <div class="buttons">
      ${button({
        label: host.report ? 'Judge Again' : 'Judge',
        appearance: 'primary',
        isDisabled: !settings || isRunning,
        title: isRunning ? 'A report is being made' : (reason ?? 'Ctrl+Enter'),
        onClick: () => {
          actions.run();
        },
      })}
    </div>
  </form>`;
}

function promptHint(count: number): string {
  const pictures = countText(count, 'picture');
  return count < promptsForVerdict
    ? `${pictures}: a verdict needs at least ${promptsForVerdict}.`
    : `${pictures}, of different things at best.`;
}

function numberField(
  name: Exclude<keyof Draft, 'prompts'>,
  label: string,
  hint: string | undefined,
  draft: Draft,
  problems: Partial<Record<keyof Draft, string>>,
  actions: PanelActions,
): TemplateResult {
  return textField({
    label,
    value: draft[name],
    problem: problems[name],
    hint,
    onInput: (value) => {
      actions.write({ [name]: value });
    },
    onStep: (direction) => {
      const value = Number(draft[name]);
      if (Number.isFinite(value)) actions.write({ [name]: String(Math.max(0, value + direction)) });
    },
  });
}
