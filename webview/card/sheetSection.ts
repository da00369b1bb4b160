import { html, nothing, type TemplateResult } from 'lit';
import { featureName } from '../../src/protocol/featureName.ts';
import { button } from '../ui/button.ts';
import type { PanelActions } from './panelActions.ts';
import type { PanelState } from './state.ts';

/** Pictures that the authors of a public SAE made of its features: fetched when asked for, blurred until clicked. */
export function sheetSection(
  { host, sheet, isSheetFetching, isSheetClear }: PanelState,
  actions: PanelActions,
): TemplateResult | typeof nothing {
  if (!host?.feature || !sheet) return nothing;
  const { repo, uri } = sheet;
  const name = featureName(host.feature);
  const isBlurred = host.blursContactSheets && !isSheetClear;
  return html`<section class="contactSheet" aria-label="Contact sheet">
    <h2>Contact sheet</h2>
    <p class="muted">
      From ${repo}: pictures of SDXL Turbo in which the feature of that number is strongest in the
      SAEs of surokpro2/sdxl-saes. This SAE has their form; whether it is theirs, its files tell.
    </p>
    ${
      uri === null
        ? html`<div class="buttons">
            ${button({
              label: isSheetFetching ? 'Fetching…' : 'Fetch Contact Sheet',
              title: `One picture, ${name}, from the hub; it is kept. It may show what is explicit.`,
              isDisabled: isSheetFetching,
              onClick: () => void actions.fetchSheet(),
            })}
          </div>`
        : html`<button
            type="button"
            class="sheetPicture"
            aria-pressed=${isBlurred ? 'false' : 'true'}
            title=${isBlurred ? 'Show it' : 'Blur it'}
            @click=${() => {
              actions.send({ kind: 'sheetClear', isClear: isBlurred });
            }}
          >
            <img class=${isBlurred ? 'blurred' : ''} src=${uri} alt="Contact sheet of ${name}" />
            ${isBlurred ? html`<span class="sheetHint">Blurred: it may be explicit. Click to see.</span>` : nothing}
          </button>`
    }
  </section>`;
}
