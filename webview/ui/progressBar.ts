import { html, type TemplateResult } from 'lit';

/** How much of something is done, 0 ... 1; the browser's own, the toolkit has none. */
export function progressBar(label: string, fraction: number): TemplateResult {
  return html`<progress
    class="progressBar"
    max="1"
    .value=${fraction}
    aria-label=${label}
  ></progress>`;
}
