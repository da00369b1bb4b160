import { html, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';

export interface CheckboxOptions {
  readonly label: string;
  readonly isChecked: boolean;
  readonly onChange: (isChecked: boolean) => void;
}

/**
 * The toolkit's checkbox fires `change` for what it is told, too. The listener stands before the property, so that it
 * knows by then what that was and hears only the person.
 */
export function checkbox({ label, isChecked, onChange }: CheckboxOptions): TemplateResult {
  return html`<vscode-checkbox
    @change=${(event: Event) => {
      const { checked } = event.target as HTMLInputElement;
      if (checked !== isChecked) onChange(checked);
    }}
    .checked=${live(isChecked)}
    >${label}</vscode-checkbox
  >`;
}
