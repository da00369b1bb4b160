import { html, nothing, type TemplateResult } from 'lit';
import { button } from '../ui/button.ts';
import { dropdown } from '../ui/dropdown.ts';
import { textField } from '../ui/textField.ts';
import type { PanelActions } from './panelActions.ts';
import type { PanelState } from './state.ts';

const seedCounts = [1, 2, 4, 8, 16, 32] as const;
const defaultValue = 'default';

/** How a picture that was not made here is read. */
export function readingForm(state: PanelState, actions: PanelActions): TemplateResult {
  const { form, host } = state;
  const path = host?.result?.path;
  const known = path?.kind === 'encoded' ? path : undefined;
  const isDefault = (timestep: number): boolean => timestep === known?.defaultTimestep;
  const steps = known?.timesteps ?? (form.timestep === null ? [] : [form.timestep]);
  const { control } = form;
  const controlName = control.kind === 'file' ? (control.path.split(/[\\/]/).at(-1) ?? '') : '';
  return html`<section class="readingForm" aria-label="How it is read">
    ${textField({
      label: 'Prompt for the U-net',
      value: form.prompt,
      hint: 'Empty: nothing is said about the picture.',
      onInput: (prompt) => {
        actions.change({ prompt });
      },
    })}
    ${dropdown({
      label: 'Timestep',
      value: form.timestep === null ? defaultValue : String(form.timestep),
      options: [
        { value: defaultValue, label: 'Default' },
        ...steps.map((step) => ({
          value: String(step),
          label: `${String(step)}${isDefault(step) ? ' (default)' : ''}`,
        })),
      ],
      onChange: (value) => {
        actions.change({ timestep: value === defaultValue ? null : Number(value) });
      },
    })}
    ${dropdown({
      label: 'Noises',
      value: String(form.seedCount),
      options: seedCounts.map((count) => ({ value: String(count), label: String(count) })),
      onChange: (value) => {
        actions.change({ seedCount: Number(value) });
      },
    })}
    <div class="control">
      <span>Compared with ${control.kind === 'grey' ? 'a plain grey picture' : controlName}</span>
      ${button({ label: 'Compare With…', onClick: () => void actions.pickControl() })}
      ${
        control.kind === 'grey'
          ? nothing
          : button({
              label: 'Plain Grey',
              name: 'Plain Grey as control',
              onClick: () => {
                actions.start({ control: { kind: 'grey' } });
              },
            })
      }
    </div>
    ${button({
      label: 'Explain',
      appearance: 'primary',
      isDisabled: host?.status.kind === 'running',
      onClick: () => {
        actions.start();
      },
    })}
  </section>`;
}
