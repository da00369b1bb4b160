import { html } from 'lit';

/** Two sheets, one over the other. */
export const copyIcon = html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
  <path d="M5.5 4.5v-2h8v8h-2M2.5 5.5h8v8h-8z" fill="none" stroke="currentColor" />
</svg>`;
