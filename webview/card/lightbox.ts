import { html, nothing, render, type TemplateResult } from 'lit';
import type { CardContent, CardExample } from '../../src/protocol/cardPanel.ts';
import type { PanelPicture } from '../../src/protocol/panelRequests.ts';
import { colourBar } from '../shared/picture/colourBar.ts';
import { mapTable } from '../shared/picture/mapTable.ts';
import { button } from '../ui/button.ts';
import { exampleMap } from './exampleMap.ts';
import { exampleCanvas } from './exampleTile.ts';
import type { Looks } from './state.ts';

/** A picture of the card in large, with what made it; Escape closes it. */
export function openLightbox(
  picture: PanelPicture | CardExample,
  card: CardContent,
  looks: Looks,
  caption: string,
): void {
  const dialog = document.createElement('dialog');
  dialog.className = 'lightbox';
  dialog.setAttribute('aria-label', 'Picture of the index');
  const close = (): void => {
    dialog.close();
  };
  dialog.addEventListener('close', () => {
    dialog.remove();
  });
  dialog.addEventListener('click', ({ target }) => {
    if (target === dialog) close();
  });
  (document.querySelector('main') ?? document.body).append(dialog);
  dialog.showModal();
  render(content(picture, card, { ...looks, isCropped: false }, caption, close), dialog);
}

function content(
  picture: PanelPicture | CardExample,
  card: CardContent,
  looks: Looks,
  caption: string,
  onClose: () => void,
): TemplateResult {
  const map = 'map' in picture ? exampleMap(picture, card, looks.scale) : undefined;
  const { peakCell } = picture;
  const cell = `${String(peakCell % card.cellsWide)}, ${String(Math.floor(peakCell / card.cellsWide))}`;
  return html`<div class="lightboxBody">
    <div class="lightboxPicture">${exampleCanvas({ picture, card, looks })}</div>
    <p class="lightboxPrompt">${picture.prompt || '(no prompt)'}</p>
    <p class="muted">
      Seed ${picture.seed}, picture ${picture.pictureIndex} of the set; ${caption} at step
      ${picture.stepIndex + 1}, cell ${cell}
    </p>
    ${
      map
        ? html`${colourBar(map)}
            <details>
              <summary>Show as table</summary>
              ${mapTable(map)}
            </details>`
        : nothing
    }
    <div class="buttons">${button({ label: 'Close', onClick: onClose })}</div>
  </div>`;
}
