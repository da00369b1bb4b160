import { html, nothing, type TemplateResult } from 'lit';

export interface ButtonOptions {
  readonly label: string;
  readonly onClick: () => void;
  /** One primary button a panel. `icon` is small and without a border. */
  readonly appearance?: 'primary' | 'secondary' | 'icon';
  /** Shown instead of the label, which is then the name. */
  readonly icon?: TemplateResult;
  /** For screen readers, where the label alone says too little; contains it when it is a word. */
  readonly name?: string;
  /** What more there is to say than the label; why it is disabled. */
  readonly title?: string | undefined;
  readonly isDisabled?: boolean;
}

/** A button; Enter and Space press it. */
export function button(options: ButtonOptions): TemplateResult {
  const { label, onClick, appearance = 'secondary', icon, title, isDisabled } = options;
  const name = options.name ?? (icon && label);
  return html`<vscode-button
    appearance=${appearance}
    title=${title ?? (icon ? label : nothing)}
    aria-label=${name ?? nothing}
    ?disabled=${isDisabled ?? false}
    @click=${onClick}
    >${icon ?? label}</vscode-button
  >`;
}
