import { html, nothing, type TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import type { CardContent, CardExample } from '../../src/protocol/cardPanel.ts';
import type { PanelPicture } from '../../src/protocol/panelRequests.ts';
import { significant } from '../../src/numerics/significant.ts';
import { cropAround, wholePicture } from './crop.ts';
import { drawExample, examplePixels, type ExampleOverlay } from './drawExample.ts';
import { exampleMap } from './exampleMap.ts';
import type { Looks } from './state.ts';

const drawn = new WeakMap<HTMLCanvasElement, string>();

export interface TileOptions {
  readonly picture: PanelPicture | CardExample;
  readonly card: CardContent;
  readonly looks: Looks;
  /** Below the picture. */
  readonly caption: TemplateResult | string;
  /** What is said instead of the picture. */
  readonly alt: string;
  readonly onOpen: () => void;
}

/** A picture of the index with the feature's map over it; a click enlarges it. */
export function exampleTile(options: TileOptions): TemplateResult {
  const { picture, caption, alt, onOpen } = options;
  const details = `${picture.prompt}\nseed ${String(picture.seed)}, strongest at step ${String(picture.stepIndex + 1)}`;
  return html`<figure class="tile">
    <button
      type="button"
      class="tileOpen"
      aria-label="Enlarge: ${alt}"
      title=${details}
      @click=${onOpen}
    >
      ${exampleCanvas(options)}
    </button>
    <figcaption>${caption}</figcaption>
  </figure>`;
}

/** @returns its prompt where no picture is kept */
export function exampleCanvas({
  picture,
  card,
  looks,
}: Pick<TileOptions, 'picture' | 'card' | 'looks'>): TemplateResult {
  const { uri } = picture;
  if (uri === null) return html`<span class="tilePrompt">${picture.prompt}</span>`;
  const overlay = overlayOf(picture, card, looks);
  const key = [uri, overlay && JSON.stringify(looks), looks.isCropped, picture.peak].join(' ');
  return html`<canvas
      class="tileCanvas"
      ${ref((element) => {
        if (!(element instanceof HTMLCanvasElement)) return;
        const side = Math.round((element.clientWidth || 112) * window.devicePixelRatio);
        const drawing = `${key} ${String(side)}`;
        if (drawn.get(element) === drawing) return;
        drawn.set(element, drawing);
        void draw(element, uri, side, overlay, looks.isCropped ? picture : null, card);
      })}
    ></canvas
    >${nothing}`;
}

export function overlayOf(
  picture: PanelPicture | CardExample,
  card: CardContent,
  { hasMap, style, opacity, scale }: Looks,
): ExampleOverlay | null {
  return hasMap && 'map' in picture
    ? { map: exampleMap(picture, card, scale), style, opacity }
    : null;
}

async function draw(
  canvas: HTMLCanvasElement,
  uri: string,
  side: number,
  overlay: ExampleOverlay | null,
  cropped: PanelPicture | null,
  card: CardContent,
): Promise<void> {
  const drawing = drawn.get(canvas);
  const pixels = await examplePixels(uri).catch(() => undefined);
  // Meanwhile it may be another picture's.
  if (drawn.get(canvas) !== drawing) return;
  const context = canvas.getContext('2d');
  if (!context) return;
  canvas.width = side;
  canvas.height = side;
  if (!pixels) {
    canvas.classList.add('missing');
    return;
  }
  canvas.classList.remove('missing');
  const box = { left: 0, top: 0, width: side, height: side };
  const crop = cropped ? cropAround(cropped.peakCell, card) : wholePicture;
  drawExample(context, pixels, box, overlay, crop);
}

/** "peak 12.3": the number under a tile. */
export const peakText = ({ peak }: PanelPicture): string => `peak ${significant(peak)}`;
