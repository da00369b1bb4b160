import { html, render } from 'lit';
import { drawCrisp } from '../../webview/shared/picture/drawCrisp.ts';
import { defaultOverlay, type Overlay } from '../../webview/shared/picture/overlay.ts';
import { mapTable } from '../../webview/shared/picture/mapTable.ts';
import { overlayControls } from '../../webview/shared/picture/overlayControls.ts';
import type { PictureMap } from '../../webview/shared/picture/pictureMap.ts';
import '../../webview/shared/picture/pictureViewer.ts';
import { ViewState } from '../../webview/shared/picture/viewState.ts';
import { registerToolkit } from '../../webview/ui/registerToolkit.ts';
import { fakePicture } from './fakePicture.ts';

declare global {
  interface Window {
    demo: typeof parts;
  }
}

/** Three pictures side by side as the feature view will have them: maps, common zoom, a tool for each. */
registerToolkit();
const size = 128;

function bump(
  name: string,
  x: number,
  y: number,
  colours: PictureMap['colours'],
  cells = 16,
): PictureMap {
  const values = new Float32Array(cells * cells);
  for (let row = 0; row < cells; row++) {
    for (let column = 0; column < cells; column++) {
      const distance = Math.hypot(column - x, row - y);
      values[row * cells + column] = distance < 5 ? 24 * Math.exp(-distance * 0.35) : 0;
    }
  }
  return { name, values, cellsWide: cells, cellsHigh: cells, unit: 'µ', colours };
}

const picture = { width: size, height: size, rgb: fakePicture(size, size, 3) };
const difference = bump('Difference', 9, 9, 'diverging');
difference.values.forEach((value, index) => {
  if (index % 2) difference.values[index] = -value;
});
const left = [bump('up.0.1/1674', 6, 9, 'viridis')];
const right = [bump('Red', 4, 5, '#e43fa2'), bump('Blue', 10, 9, '#3f8fe4')];
const third = [difference];
const view = new ViewState();
const root = document.getElementById('root')!;
let overlay: Overlay = defaultOverlay;
const parts = { drawCrisp, bump, selections: [] as unknown[] };
window.demo = parts;

function draw(): void {
  const viewer = (id: string, maps: readonly PictureMap[], tool: 'cell' | 'rectangle' | 'pan') =>
    html`<fs-picture
      id=${id}
      .picture=${picture}
      .pictureId=${id}
      .alt=${`Picture ${id}`}
      .maps=${maps}
      .overlay=${overlay}
      .view=${view}
      .tool=${tool}
      @selectionchange=${({ detail }: CustomEvent) => parts.selections.push(detail)}
    ></fs-picture>`;
  render(
    html`<h1 class="visuallyHidden">Parts</h1>
      ${overlayControls(overlay, (next) => {
        overlay = next;
        draw();
      })}
      <div class="demo">
        ${viewer('left', left, 'cell')} ${viewer('right', right, 'rectangle')}
        ${viewer('third', third, 'pan')}
      </div>
      ${mapTable(left[0]!)}`,
    root,
  );
}
draw();
const demo = document.querySelector<HTMLElement>('.demo')!;
demo.style.display = 'grid';
demo.style.gridTemplateColumns = 'repeat(auto-fit, minmax(220px, 1fr))';
demo.style.gap = '12px';
