import { html, nothing, type TemplateResult } from 'lit';

export interface FigureOptions {
  readonly label: string;
  readonly value: string;
  readonly unit: string;
  /** Formula and source, opened by "how?". */
  readonly how?: string;
}

/** A number that someone may quote: what it is, its value and unit, and how it came about. */
export function figure({ label, value, unit, how }: FigureOptions): TemplateResult {
  return html`<div class="figure">
    <span class="figureLabel">${label}</span>
    <span class="figureValue">${value}</span>
    <span class="figureUnit">${unit}</span>
    ${
      how === undefined
        ? nothing
        : html`<details class="figureHow">
            <summary aria-label="How is ${label} found?">how?</summary>
            <p>${how}</p>
          </details>`
    }
  </div>`;
}
