import { html, nothing, type TemplateResult } from 'lit';
import { button } from '../../ui/button.ts';
import { progressBar } from '../../ui/progressBar.ts';
import { jobWords, type JobProgress } from './jobWords.ts';

export interface JobBarOptions extends JobProgress {
  readonly onCancel: () => void;
  readonly onLog: () => void;
}

/** Work that goes on: what it does now, how far it is, and how to stop it. */
export function jobBar({ onCancel, onLog, ...job }: JobBarOptions): TemplateResult {
  const details = jobWords(job);
  return html`<section class="jobBar" aria-label="Progress">
    <div class="jobLine">
      <span class="jobPhase">${job.phase}</span>
      ${details ? html`<span class="jobDetails">${details}</span>` : nothing}
      <span class="jobActions">
        ${button({ label: 'Cancel', title: 'Cancel (Escape)', onClick: onCancel })}
        <button type="button" class="link" @click=${onLog}>Show log</button>
      </span>
    </div>
    ${progressBar(job.phase, job.fraction)}
  </section>`;
}
