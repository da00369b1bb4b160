import { html, nothing, type TemplateResult } from 'lit';
import type { CardContent } from '../../src/protocol/cardPanel.ts';
import type { PanelPicture } from '../../src/protocol/panelRequests.ts';
import { significant } from '../../src/numerics/significant.ts';
import { exampleTile, peakText } from './exampleTile.ts';
import { intervalTitle, intervalWords } from './intervalTitle.ts';
import type { PanelActions } from './panelActions.ts';
import type { PanelState } from './state.ts';
import { looksBar } from './looksBar.ts';
import { openLightbox } from './lightbox.ts';

/** Pictures by interval, then those without it. */
export function evidenceSection(
  state: PanelState,
  card: CardContent,
  actions: PanelActions,
): TemplateResult {
  const { looks } = state;
  const filled = card.examples.filter(({ pictures }) => pictures.length > 0);
  const tile = (picture: PanelPicture, caption: string, group: string): TemplateResult =>
    exampleTile({
      ...{ picture, card, looks, caption },
      alt: `${group}, ${caption}: ${picture.prompt}`,
      onOpen: () => {
        openLightbox(picture, card, looks, caption);
      },
    });
  return html`<section class="evidence" aria-label="Pictures">
    <h2>Pictures</h2>
    ${looksBar(looks, actions)}
    ${
      card.areIntervalsExact
        ? nothing
        : html`<p class="muted">
            Quantiles are those of an even sample of 512 of its active pictures.
          </p>`
    }
    ${filled.map(
      ({ interval, pictures }) =>
        html`<h3 title=${intervalWords[interval][1]}>${intervalTitle(interval)}</h3>
          <div class="tiles">
            ${pictures.map((one) => tile(one, peakText(one), intervalTitle(interval)))}
          </div>`,
    )}
    ${
      card.hardNegatives.length > 0
        ? html`<h3>Almost</h3>
            <p class="muted">
              It is active in none of these, but came close: the number is its largest
              pre-activation, which did not suffice.
            </p>
            <div class="tiles">
              ${card.hardNegatives.map((one) =>
                tile(one, `pre-activation ${significant(one.peak)}`, 'Almost'),
              )}
            </div>`
        : nothing
    }
    ${
      card.randomNegatives.length > 0
        ? html`<h3>Without it</h3>
            <p class="muted">Drawn evenly from the pictures in which it is not active.</p>
            <div class="tiles">
              ${card.randomNegatives.map((one) => tile(one, 'not active', 'Without it'))}
            </div>`
        : nothing
    }
  </section>`;
}
