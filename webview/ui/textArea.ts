import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { fieldNote } from './fieldNote.ts';

export interface TextAreaOptions {
  readonly label: string;
  readonly value: string;
  readonly rows: number;
  readonly onInput: (value: string) => void;
  readonly placeholder?: string;
  readonly problem?: string | undefined;
  readonly hint?: string | undefined;
  /** Arrow up at the very beginning, arrow down at the very end. */
  readonly onLeave?: (direction: 'up' | 'down') => void;
}

/** Several lines of text. */
export function textArea(options: TextAreaOptions): TemplateResult {
  const { label, value, rows, onInput, placeholder, problem, hint, onLeave } = options;
  return html`<div class="field">
    <vscode-text-area
      .value=${live(value)}
      .rows=${rows}
      resize="vertical"
      placeholder=${placeholder ?? nothing}
      aria-invalid=${problem === undefined ? nothing : 'true'}
      class=${problem === undefined ? '' : 'invalid'}
      @input=${(event: Event) => {
        onInput((event.target as HTMLTextAreaElement).value);
      }}
      @keydown=${(event: KeyboardEvent) => {
        const direction = leaving(event);
        if (!onLeave || !direction) return;
        event.preventDefault();
        onLeave(direction);
      }}
      >${label}</vscode-text-area
    >${fieldNote(problem, hint)}
  </div>`;
}

function leaving(event: KeyboardEvent): 'up' | 'down' | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return undefined;
  const { control } = event.currentTarget as Element & { control: HTMLTextAreaElement };
  if (control.selectionStart !== control.selectionEnd) return undefined;
  if (event.key === 'ArrowUp' && control.selectionStart === 0) return 'up';
  if (event.key === 'ArrowDown' && control.selectionEnd === control.value.length) return 'down';
  return undefined;
}
