import { html, nothing, type TemplateResult } from 'lit';
import { button } from '../../ui/button.ts';

export interface ProblemOptions<Action extends string> {
  readonly severity: 'error' | 'warning';
  readonly cause: string;
  readonly action?: { readonly id: Action; readonly label: string } | undefined;
  readonly onAct: (action: Action) => void;
  readonly onLog: () => void;
}

/** A failure: its cause in words, at most one thing to do about it, and the way to the log. */
export function problem<Action extends string>(options: ProblemOptions<Action>): TemplateResult {
  const { severity, cause, action, onAct, onLog } = options;
  return html`<section
    class="problem ${severity}"
    role=${severity === 'error' ? 'alert' : 'status'}
    aria-label=${severity === 'error' ? 'Error' : 'Warning'}
  >
    <p class="problemCause">${cause}</p>
    <div class="problemActions">
      ${
        action
          ? button({
              label: action.label,
              onClick: () => {
                onAct(action.id);
              },
            })
          : nothing
      }
      <button type="button" class="link" @click=${onLog}>Show log</button>
    </div>
  </section>`;
}
