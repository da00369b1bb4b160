import { html, type TemplateResult } from 'lit';
import { button } from '../../ui/button.ts';
import { fitted, placePicture, zoomAround, zoomStep, type Stage } from './geometry.ts';
import type { ViewState } from './viewState.ts';

/** The keys of a picture viewer as buttons. */
export function zoomBar(stage: Stage, view: ViewState): TemplateResult {
  const percent = Math.round(placePicture(stage, view.position).zoom * 100);
  const zoomButton = (name: string, key: string, sign: string, onClick: () => void) =>
    button({ label: sign, name, title: `${name} (${key})`, appearance: 'icon', onClick });
  return html`<div class="zoomBar" role="group" aria-label="Zoom">
    ${zoomButton('Zoom out', '-', '−', () => {
      view.set(zoomStep(stage, view.position, -1));
    })}
    <span class="zoomPercent" title="Size of the picture on the screen, of its own size"
      >${percent} %</span
    >
    ${zoomButton('Zoom in', '+', '+', () => {
      view.set(zoomStep(stage, view.position, 1));
    })}
    ${zoomButton('Fit into its frame', '0', 'Fit', () => {
      view.set(fitted);
    })}
    ${zoomButton('1:1, actual size', '1', '1:1', () => {
      view.set(zoomAround(stage, view.position, 1));
    })}
  </div>`;
}
