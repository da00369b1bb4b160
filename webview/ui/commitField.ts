import { html, nothing, type TemplateResult } from 'lit';
import { fieldNote } from './fieldNote.ts';

export interface CommitFieldOptions {
  readonly label: string;
  /** What holds now; what is being typed is not disturbed by it. */
  readonly value: string;
  /** Enter, or leaving the field after a change. */
  readonly onCommit: (value: string) => void;
  readonly placeholder?: string;
  readonly problem?: string | undefined;
  readonly hint?: string | undefined;
  /** Is empty again after each commit: for adding one after the other. */
  readonly isEmptied?: boolean;
}

/** One line of text that counts when it is complete. */
export function commitField(options: CommitFieldOptions): TemplateResult {
  const { label, value, onCommit, placeholder, problem, hint, isEmptied } = options;
  const commit = ({ currentTarget }: Event): void => {
    const field = currentTarget as HTMLInputElement;
    const text = field.value.trim();
    if (text === value && !isEmptied) return;
    if (isEmptied) field.value = '';
    if (text !== '' || !isEmptied) onCommit(text);
  };
  return html`<div class="field">
    <vscode-text-field
      .value=${value}
      placeholder=${placeholder ?? nothing}
      aria-invalid=${problem === undefined ? nothing : 'true'}
      class=${problem === undefined ? '' : 'invalid'}
      @change=${commit}
      @keydown=${(event: KeyboardEvent) => {
        if (event.key === 'Enter' && isEmptied) commit(event);
      }}
      >${label}</vscode-text-field
    >${fieldNote(problem, hint)}
  </div>`;
}
