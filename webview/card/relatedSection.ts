import { html, nothing, type TemplateResult } from 'lit';
import type { CardContent } from '../../src/protocol/cardPanel.ts';
import type { FeatureRef } from '../../src/protocol/featurePanel.ts';
import type { EffectiveLabel } from '../../src/protocol/labels.ts';
import { type ChipStrength, featureChip } from '../shared/featureChip/featureChip.ts';
import { significant } from '../../src/numerics/significant.ts';
import type { PanelActions } from './panelActions.ts';

/** Features that write in the same direction, and those that are active at the same places. */
export function relatedSection(card: CardContent, actions: PanelActions): TemplateResult {
  const { neighbours, neighboursElsewhere, coActive } = card;
  const chip = (
    one: FeatureRef & { readonly label: EffectiveLabel | null },
    strength: ChipStrength,
    title = '',
  ): TemplateResult =>
    html`<li title=${title}>
      ${featureChip({
        feature: { block: one.block, id: one.id },
        label: one.label,
        strength,
        onOpen: actions.go,
        onBoard: actions.services.onBoard,
        preview: actions.services.preview,
      })}
    </li>`;
  const cosineChip = (one: CardContent['neighbours'][number]) =>
    chip(one, { value: one.cosine, unit: 'cosine', share: one.cosine });
  const largestPmi = Math.max(0, ...coActive.map(({ pmi }) => pmi)) || 1;
  const list = (title: string, how: string, chips: readonly TemplateResult[]) =>
    chips.length === 0
      ? nothing
      : html`<h3>${title}</h3>
          <p class="muted">${how}</p>
          <ul class="chips">
            ${chips}
          </ul>`;
  return html`<section class="related" aria-label="Related features">
    <h2>Related features</h2>
    ${
      neighbours.length + neighboursElsewhere.length + coActive.length === 0
        ? html`<p class="muted">None were found.</p>`
        : nothing
    }
    ${list('Neighbours', 'Nearest decoder rows of the same SAE.', neighbours.map(cosineChip))}
    ${list(
      'Neighbours in other blocks',
      'Nearest decoder rows of SAEs of the same width.',
      neighboursElsewhere.map(cosineChip),
    )}
    ${list(
      'Active together',
      `PMI: log2 of P(both) / (P(one) · P(other)) over samples of the same cell and step${card.isCoActivityExact ? '' : '; counts are lower bounds'}.`,
      coActive.map((one) =>
        chip(
          one,
          { value: one.pmi, unit: 'bits', share: one.pmi / largestPmi },
          `Both in ${significant(one.sampleCount, 9)} samples`,
        ),
      ),
    )}
  </section>`;
}
