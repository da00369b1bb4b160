import { html, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { repeat } from 'lit/directives/repeat.js';

export interface DropdownOptions<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly { readonly value: Value; readonly label: string }[];
  readonly onChange: (value: Value) => void;
}

/** One of a few values. */
export function dropdown<Value extends string>(options: DropdownOptions<Value>): TemplateResult {
  const { label, value, onChange } = options;
  return html`<div class="field">
    <span class="fieldLabel" aria-hidden="true">${label}</span>
    <vscode-dropdown
      aria-label=${label}
      .value=${live(value)}
      @change=${(event: Event) => {
        onChange((event.target as HTMLSelectElement).value as Value);
      }}
    >
      ${repeat(
        options.options,
        (option) => option.value,
        (option) => html`<vscode-option value=${option.value}>${option.label}</vscode-option>`,
      )}
    </vscode-dropdown>
  </div>`;
}
