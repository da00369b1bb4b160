import { html, type TemplateResult } from 'lit';
import { button } from '../../ui/button.ts';

export interface EmptyStateOptions {
  readonly title: string;
  /** What will be here, in a sentence or two. */
  readonly text: string;
  readonly actionLabel: string;
  readonly onAct: () => void;
}

/** A place where nothing is yet: what it is for, and the one button that fills it. */
export function emptyState({ title, text, actionLabel, onAct }: EmptyStateOptions): TemplateResult {
  return html`<section class="emptyState" aria-label=${title}>
    <h2>${title}</h2>
    <p>${text}</p>
    ${button({ label: actionLabel, onClick: onAct })}
  </section>`;
}
