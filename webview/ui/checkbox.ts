import { html, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';

export interface CheckboxOptions {
  readonly label: string;
  readonly isChecked: boolean;
  readonly onChange: (isChecked: boolean) => void;
}

export function checkbox({ label, isChecked, onChange }: CheckboxOptions): TemplateResult {
  return html`<vscode-checkbox
    .checked=${live(isChecked)}
    @change=${(event: Event) => {
      onChange((event.target as HTMLInputElement).checked);
    }}
    >${label}</vscode-checkbox
  >`;
}
