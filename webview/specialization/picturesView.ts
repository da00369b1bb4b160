import { html, nothing, type TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import type { PanelMarkPicture } from '../../src/protocol/specializationPanel.ts';
import { pictureCanvas } from '../shared/picture/pictureCanvas.ts';
import { significant } from '../../src/numerics/significant.ts';
import { button } from '../ui/button.ts';
import type { Shown } from './state.ts';

/** Pairs of pictures behind a mark: the unedited one and what was measured. */
export function picturesView(
  { label, pictures, count }: Shown,
  onClose: () => void,
): TemplateResult {
  return html`<section class="pictures" aria-label="Pictures behind the mark">
    <p class="title">${label}</p>
    ${
      pictures === null
        ? html`<p class="muted" role="status">Making the pictures again…</p>`
        : html`<p class="muted" role="status">
              ${pictures.length} of ${count.toLocaleString('en')}, from the one that changed least
              to the one that changed most
            </p>
            <ul class="pairs">
              ${pictures.map(pairView)}
            </ul>`
    }
    ${button({ label: 'Close', name: 'Close pictures', onClick: onClose })}
  </section>`;
}

const pairView = (pair: PanelMarkPicture): TemplateResult => {
  const { prompt, seed, label, pixelDistance, before, after, wanted } = pair;
  return html`<li>
    <div class="pair">
      ${pixels(before, `Unedited: ${prompt}`)} ${pixels(after, `${label}: ${prompt}`)}
      ${wanted ? pixels(wanted, `Edited prompt: ${prompt}`) : nothing}
    </div>
    <p>“${prompt}”</p>
    <p class="muted">seed ${seed}; ${label}; distance ${significant(pixelDistance)} of 255</p>
  </li>`;
};

const pixels = ({ width, height, rgb }: PanelMarkPicture['before'], name: string): TemplateResult =>
  html`<canvas
    role="img"
    aria-label=${name}
    width=${width}
    height=${height}
    ${ref((element) => {
      if (!(element instanceof HTMLCanvasElement)) return;
      const picture = pictureCanvas({ width, height, rgb: new Uint8Array(rgb) });
      element.getContext('2d')?.drawImage(picture, 0, 0);
    })}
  ></canvas>`;
