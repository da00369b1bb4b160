import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { fieldNote } from './fieldNote.ts';

export interface TextFieldOptions {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  /** Why the value cannot be used, with the value and what is allowed. */
  readonly problem?: string | undefined;
  readonly hint?: string | undefined;
  /** Arrow up and down: by how much, for numbers. */
  readonly onStep?: (direction: 1 | -1) => void;
}

/** One line of text, or a number. */
export function textField(options: TextFieldOptions): TemplateResult {
  const { label, value, onInput, problem, hint, onStep } = options;
  return html`<div class="field">
    <vscode-text-field
      .value=${live(value)}
      aria-invalid=${problem === undefined ? nothing : 'true'}
      class=${problem === undefined ? '' : 'invalid'}
      @input=${(event: Event) => {
        onInput((event.target as HTMLInputElement).value);
      }}
      @keydown=${(event: KeyboardEvent) => {
        const direction = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : undefined;
        if (!onStep || !direction) return;
        event.preventDefault();
        onStep(direction);
      }}
      >${label}</vscode-text-field
    >${fieldNote(problem, hint)}
  </div>`;
}
