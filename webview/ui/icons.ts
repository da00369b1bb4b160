import { html, type TemplateResult } from 'lit';

/** Lines of a 16 px square. Drawn, since fonts of some machines lack the signs for these. */
const icon = (lines: string): TemplateResult =>
  html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
    <path d=${lines} fill="none" stroke="currentColor" />
  </svg>`;

/** Two sheets, one over the other. */
export const copyIcon = icon('M5.5 4.5v-2h8v8h-2M2.5 5.5h8v8h-8z');

/** An arrow down to a line. */
export const saveIcon = icon('M8 2v8.5M4.5 7 8 10.5 11.5 7M3 13.5h10');
