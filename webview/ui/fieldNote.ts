import { html, nothing, type TemplateResult } from 'lit';
import { describesField } from './describesField.ts';

/** Below a field: what is wrong with its value, or a hint while nothing is. */
export function fieldNote(
  problem: string | undefined,
  hint?: string,
): TemplateResult | typeof nothing {
  if (problem !== undefined) {
    return html`<span class="fieldProblem" aria-live="polite" ${describesField()}
      >${problem}</span
    >`;
  }
  if (hint === undefined) return nothing;
  return html`<span class="fieldHint" ${describesField()}>${hint}</span>`;
}
