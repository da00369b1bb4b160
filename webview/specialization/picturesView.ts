import { html, type TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import type { PanelMarkPicture, PanelPixels } from '../../src/protocol/specializationPanel.ts';
import { pictureCanvas } from '../shared/picture/pictureCanvas.ts';
import { significant } from '../../src/numerics/significant.ts';
import { button } from '../ui/button.ts';
import type { Shown } from './state.ts';

/** Pictures behind a mark, side by side what was measured. */
export function picturesView({ label, made }: Shown, onClose: () => void): TemplateResult {
  return html`<section class="pictures" aria-label="Pictures behind the mark">
    <p class="title">${label}</p>
    ${
      made === null
        ? html`<p class="muted" role="status">Making the pictures again…</p>`
        : html`<p class="muted" role="status">
              ${made.pictures.length} of ${made.count.toLocaleString('en')}, ${made.order}
            </p>
            <ul class="pairs">
              ${made.pictures.map(pairView)}
            </ul>`
    }
    ${button({ label: 'Close', name: 'Close pictures', onClick: onClose })}
  </section>`;
}

const pairView = (pair: PanelMarkPicture): TemplateResult => {
  const { prompt, seed, label, pixelDistance, shots } = pair;
  const distance = pixelDistance === null ? '' : `; distance ${significant(pixelDistance)} of 255`;
  return html`<li>
    <div class="pair">
      ${shots.map(
        ({ name, picture }) =>
          html`<figure>
            ${pixels(picture, `${name}: ${prompt}`)}
            <figcaption>${name}</figcaption>
          </figure>`,
      )}
    </div>
    <p>“${prompt}”</p>
    <p class="muted">seed ${seed}; ${label}${distance}</p>
  </li>`;
};

const pixels = ({ width, height, rgb }: PanelPixels, name: string): TemplateResult =>
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
