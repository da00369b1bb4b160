import { html, type TemplateResult } from 'lit';
import type { BoardState } from '../../src/protocol/boardPanel.ts';
import type { ViewState } from '../shared/picture/viewState.ts';
import { pictureTile } from './pictureTile.ts';
import type { PanelState } from './state.ts';

/** The unedited pictures, above the variants of several columns. */
export function originalRow(
  { pixels }: PanelState,
  { columns }: BoardState,
  position: ViewState,
): TemplateResult {
  return html`<article class="variant originals" aria-label="Unedited">
    <header><h2>Unedited</h2></header>
    <div class="cells">
      ${columns.map(
        ({ base, label, original }) =>
          html`<div class="cell">
            ${
              original
                ? pictureTile(
                    {
                      title: label,
                      alt: `Unedited picture for “${base.prompt}”, seed ${base.seed}`,
                      picture: pixels[original.pictureId],
                      runId: original.runId,
                    },
                    position,
                  )
                : html`<p class="notMade">${label}: not made yet</p>`
            }
          </div>`,
      )}
    </div>
  </article>`;
}
