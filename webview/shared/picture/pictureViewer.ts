import { html, LitElement, nothing, type PropertyValues } from 'lit';
import type { Picture } from '../../../src/protocol/engine.ts';
import type { ResultPictureContext } from '../../../src/protocol/resultPanel.ts';
import { significant } from '../../../src/numerics/significant.ts';
import {
  cellWords,
  rectangleBetween,
  type Cell,
  type CellGrid,
  type CellRectangle,
} from './cells.ts';
import { colourBar } from './colourBar.ts';
import { drawPicture } from './drawPicture.ts';
import { placePicture, type Size, type Stage } from './geometry.ts';
import { defaultOverlay, type Overlay } from './overlay.ts';
import {
  PictureInput,
  type BrushStroke,
  type PictureTarget,
  type PictureTool,
} from './pictureInput.ts';
import { valueAt, type PictureMap } from './pictureMap.ts';
import { ViewState } from './viewState.ts';
import { zoomBar } from './zoomBar.ts';

/**
 * `<fs-picture>`: a picture with maps over it, as every panel shows it. Wheel and keys zoom and pan, together with all
 * that share its `view`; space, held, hides the maps; with a tool, cells are chosen by mouse or keyboard.
 *
 * Fires `selectionchange` (detail: CellRectangle or null), with the brush `brushstroke` (detail: BrushStroke) and, on a
 * click or Enter without a tool, `pictureopen`.
 * Draws into the page itself, not a shadow root: the panel's style sheet and VS Code's context menus reach it.
 */
export class PictureViewer extends LitElement implements PictureTarget {
  static override properties = {
    picture: { attribute: false },
    pictureId: { attribute: false },
    alt: { attribute: false },
    maps: { attribute: false },
    cells: { attribute: false },
    overlay: { attribute: false },
    view: { attribute: false },
    tool: { attribute: false },
    selection: { attribute: false },
    hasZoomBar: { attribute: false },
    cursor: { state: true },
    isHiding: { state: true },
    frame: { state: true },
  };

  /** Undefined while its pixels are on their way: what was there stays. Null when there is none. */
  declare picture: Picture | null | undefined;
  /** Goes into the context menu's `pictureId`; '' for a picture that is not kept, which has no menu. */
  declare pictureId: string;
  /** What the picture shows, in words. */
  declare alt: string;
  /** Drawn in this order; the first one's grid is what cells are counted in. */
  declare maps: readonly PictureMap[];
  /** What cells are counted in while there is no map; undefined when they cannot be chosen then. */
  declare cells: CellGrid | undefined;
  declare overlay: Overlay;
  declare view: ViewState;
  declare tool: PictureTool;
  declare selection: CellRectangle | null;
  declare hasZoomBar: boolean;
  /** The cell under the mouse, or where the arrow keys went. */
  declare cursor: Cell | null;
  declare isHiding: boolean;
  /** Room for the picture; undefined before it is laid out. */
  declare protected frame: Size | undefined;

  readonly #input = new PictureInput(this);
  readonly #resize = new ResizeObserver(([entry]) => {
    if (entry) this.#resized(entry);
  });
  #stopListening: (() => void) | undefined;

  constructor() {
    super();
    this.picture = undefined;
    this.pictureId = '';
    this.alt = '';
    this.maps = [];
    this.cells = undefined;
    this.overlay = defaultOverlay;
    this.view = new ViewState();
    this.tool = 'pan';
    this.selection = null;
    this.hasZoomBar = true;
    this.cursor = null;
    this.isHiding = false;
  }

  get grid(): CellGrid | undefined {
    return this.maps[0] ?? this.cells;
  }

  get stage(): Stage | undefined {
    if (!this.picture || !this.frame) return undefined;
    return { picture: this.picture, frame: this.frame, pixelRatio: window.devicePixelRatio };
  }

  select(rectangle: CellRectangle | null): void {
    this.selection = rectangle;
    this.dispatchEvent(new CustomEvent('selectionchange', { detail: rectangle }));
  }

  paint(stroke: BrushStroke): void {
    this.dispatchEvent(new CustomEvent('brushstroke', { detail: stroke }));
  }

  open(): void {
    this.dispatchEvent(new CustomEvent('pictureopen'));
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#listen();
    if (this.hasUpdated) this.#observe();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stopListening?.();
    this.#resize.disconnect();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('view')) this.#listen();
    if (changed.has('pictureId')) {
      const { pictureId } = this;
      const context = {
        webviewSection: 'picture',
        pictureId,
      } satisfies Partial<ResultPictureContext>;
      this.dataset['vscodeContext'] = JSON.stringify({
        ...(pictureId !== '' && context),
        preventDefaultContextMenuItems: true,
      });
    }
  }

  protected override render() {
    const input = this.#input;
    const { stage, grid } = this;
    return html`
      <div class="pictureFrame">
        <canvas
          role=${grid ? 'application' : 'img'}
          aria-label=${this.alt}
          tabindex="0"
          @pointerdown=${input.down}
          @pointermove=${input.move}
          @pointerup=${input.up}
          @pointercancel=${input.up}
          @pointerleave=${input.leave}
          @wheel=${input.wheel}
          @keydown=${input.keyDown}
          @keyup=${input.keyUp}
          @blur=${input.blur}
        ></canvas>
      </div>
      ${this.hasZoomBar && stage ? zoomBar(stage, this.view) : nothing}
      ${
        grid
          ? html`<output class="pictureReadOut" aria-live="polite">${this.#readOut()}</output>
              ${this.maps.map(colourBar)}`
          : nothing
      }
    `;
  }

  protected override firstUpdated(): void {
    this.#observe();
  }

  protected override updated(): void {
    const { stage, picture } = this;
    const context = this.#canvas.getContext('2d');
    if (picture === null) context?.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    if (!picture) return;
    this.#canvas.parentElement!.style.aspectRatio = `${picture.width} / ${picture.height}`;
    if (!stage || !context) return;
    drawPicture(context, {
      picture,
      placement: placePicture(stage, this.view.position),
      pixelRatio: stage.pixelRatio,
      maps: this.overlay.isShown && !this.isHiding ? this.maps : [],
      opacity: this.overlay.opacity,
      style: this.overlay.style,
      grid: this.grid,
      selection: this.selection,
      cursor: this.cursor,
    });
  }

  get #canvas(): HTMLCanvasElement {
    return this.querySelector('canvas')!;
  }

  /** Told in device pixels, so that a move to another screen counts as a resize. */
  #observe(): void {
    this.#resize.observe(this.#canvas, { box: 'device-pixel-content-box' });
  }

  #listen(): void {
    this.#stopListening?.();
    this.#stopListening = this.view.onDidChange(() => {
      this.requestUpdate();
    });
  }

  #resized({ contentRect: { width, height } }: ResizeObserverEntry): void {
    if (width === 0 || height === 0) return;
    this.#canvas.width = Math.round(width * window.devicePixelRatio);
    this.#canvas.height = Math.round(height * window.devicePixelRatio);
    this.frame = { width, height };
  }

  #readOut(): string {
    const place = this.cursor ? rectangleBetween(this.cursor, this.cursor) : this.selection;
    if (!place) return '';
    const { grid } = this;
    if (place.columns > 1 || place.rows > 1 || !grid || this.maps.length === 0) {
      return cellWords(place);
    }
    const values = this.maps.map((map) => {
      // Blocks may have grids of different sizes.
      const column = Math.floor(((place.column + 0.5) * map.cellsWide) / grid.cellsWide);
      const row = Math.floor(((place.row + 0.5) * map.cellsHigh) / grid.cellsHigh);
      return `${map.name} ${significant(valueAt(map, column, row))} ${map.unit}`;
    });
    return `${cellWords(place)}: ${values.join(', ')}`;
  }
}

customElements.define('fs-picture', PictureViewer);
