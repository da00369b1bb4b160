import { html, nothing, type TemplateResult } from 'lit';
import type { CardContent } from '../../src/protocol/cardPanel.ts';
import { figure } from '../shared/figure/figure.ts';
import { significant } from '../../src/numerics/significant.ts';
import { toyNote } from '../shared/toyNote.ts';
import { histogram } from './histogram.ts';

/** How often, how strongly and how locally the feature is active over the index's pictures. */
export function figuresSection(card: CardContent, isEmbedded = false): TemplateResult {
  const { figures, activeSampleCount, sampleCount, activePictureCount, pictureCount } = card;
  const percent = (share: number): string => significant(100 * share);
  return html`<section class="figures" aria-label="Figures">
    <h2>Figures</h2>
    ${toyNote(isEmbedded)} ${stateWords(card)}
    ${figure({
      label: 'Density',
      value: percent(figures.density),
      unit: '% of cells',
      how: `Samples in which it is active / all samples: ${counted(activeSampleCount, sampleCount)}. A sample is one cell of one picture at one step.`,
    })}
    ${figure({
      label: 'Pictures',
      value: percent(figures.pictureShare),
      unit: `% of ${significant(pictureCount, 9)}`,
      how: `Pictures in which at least one sample is active / all pictures of the index: ${counted(activePictureCount, pictureCount)}.`,
    })}
    ${figure({
      label: 'Mean',
      value: significant(figures.mean),
      unit: 'activation',
      how: 'μ: the mean over its active samples only, as the SAE gives them. The unit "× mean" of edits is this number.',
    })}
    ${figure({
      label: 'Standard deviation',
      value: significant(figures.std),
      unit: 'activation',
      how: 'Over its active samples only (population).',
    })}
    ${figure({
      label: 'Largest',
      value: significant(figures.max),
      unit: 'activation',
      how: 'In any sample of the index.',
    })}
    ${figure({
      label: 'Locality',
      value: significant(figures.locality),
      unit: 'of 1',
      how: '1 - the mean share of samples that are active, over the pictures in which any is: near 1 it marks one spot, near 0 it is everywhere.',
    })}
    ${stepDensities(card)} ${histogram(card)}
  </section>`;
}

const counted = (part: number, whole: number): string =>
  `${significant(part, 9)} / ${significant(whole, 9)}`;

function stateWords({ figures }: CardContent): TemplateResult | typeof nothing {
  if (figures.isDead) {
    return html`<p class="stateWords">
      Dead: active in no sample of this index. All else is empty.
    </p>`;
  }
  return figures.isAlwaysOn
    ? html`<p class="stateWords">Always on: active in more than 9 of 10 pictures.</p>`
    : nothing;
}

/** One number a step; nothing when there is only one. */
function stepDensities({ stepDensities: densities, stepIndices }: CardContent) {
  if (densities.length < 2) return nothing;
  return html`<table class="numbers">
    <caption>
      Density by step
    </caption>
    <thead>
      <tr>
        ${stepIndices.map((step) => html`<th scope="col">Step ${step + 1}</th>`)}
      </tr>
    </thead>
    <tbody>
      <tr>
        ${densities.map((density) => html`<td>${significant(100 * density)} %</td>`)}
      </tr>
    </tbody>
  </table>`;
}
