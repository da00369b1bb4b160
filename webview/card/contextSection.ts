import { html, nothing, type TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import type { CardContent } from '../../src/protocol/cardPanel.ts';
import { colourBar } from '../shared/picture/colourBar.ts';
import { mapTable } from '../shared/picture/mapTable.ts';
import { mapCanvas } from '../shared/picture/pictureCanvas.ts';
import type { PictureMap } from '../shared/picture/pictureMap.ts';
import { significant } from '../../src/numerics/significant.ts';

/** Words of the prompts of its pictures. */
export function wordsSection({ words, areWordsExact }: CardContent): TemplateResult {
  return html`<section class="words" aria-label="Words of prompts">
    <h2>Words of prompts</h2>
    ${
      words.length === 0
        ? html`<p class="muted">No word of a prompt goes with it.</p>`
        : html`<div class="scroller" tabindex="0" role="region" aria-label="Table of words">
            <table class="numbers">
              <thead>
                <tr>
                  <th scope="col" class="text">Word</th>
                  <th
                    scope="col"
                    title="Pictures with the word in which it is active, of all with the word"
                  >
                    Active in
                  </th>
                  <th
                    scope="col"
                    title="(strength in pictures with the word / strength in all) · ln(pictures / pictures with the word)"
                  >
                    TF-IDF
                  </th>
                  <th
                    scope="col"
                    title="Of “the prompt has the word” as a guess of “the feature is active”: mean of both hit rates; 0.5 is chance"
                  >
                    Bal. accuracy
                  </th>
                </tr>
              </thead>
              <tbody>
                ${words.map(
                  (one) =>
                    html`<tr>
                      <th scope="row" class="text">${one.word}</th>
                      <td>
                        ${areWordsExact ? '' : '≤ '}${one.pictureCount} of ${one.wordPictureCount}
                      </td>
                      <td>${significant(one.tfIdf)}</td>
                      <td>${significant(one.balancedAccuracy, 2)}</td>
                    </tr>`,
                )}
              </tbody>
            </table>
          </div>`
    }
  </section>`;
}

const priors = new WeakMap<ArrayBuffer, PictureMap>();

function priorMap({ spatialPrior, cellsWide, cellsHigh }: CardContent): PictureMap {
  const known = priors.get(spatialPrior);
  if (known) return known;
  const map: PictureMap = {
    ...{ cellsWide, cellsHigh, colours: 'viridis', unit: 'mean activation' },
    name: 'Where in the frame',
    values: new Float32Array(spatialPrior),
  };
  priors.set(spatialPrior, map);
  return map;
}

/** Mean strength in each cell over all pictures and steps. */
export function priorSection(card: CardContent): TemplateResult | typeof nothing {
  if (card.figures.isDead) return nothing;
  const map = priorMap(card);
  return html`<section class="prior" aria-label="Where in the frame">
    <h2>Where in the frame</h2>
    <canvas
      class="priorMap"
      role="img"
      aria-label="Map of its mean activation in each cell; the numbers are in the table below"
      ${ref((element) => {
        if (!(element instanceof HTMLCanvasElement)) return;
        const cells = mapCanvas(map, 'cells');
        element.width = cells.width;
        element.height = cells.height;
        element.getContext('2d')?.drawImage(cells, 0, 0);
      })}
    ></canvas>
    ${colourBar(map)}
    <details>
      <summary>Show as table</summary>
      ${mapTable(map)}
    </details>
  </section>`;
}
