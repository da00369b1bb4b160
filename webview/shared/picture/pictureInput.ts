import {
  cellAt,
  corners,
  moveCell,
  nearestCell,
  rectangleBetween,
  type Cell,
  type CellGrid,
  type CellRectangle,
} from './cells.ts';
import {
  fitted,
  pan,
  pictureAt,
  placePicture,
  reveal,
  zoomAround,
  zoomStep,
  type Point,
  type Stage,
} from './geometry.ts';
import { keyAction, type PictureAction } from './pictureKeys.ts';
import type { ViewState } from './viewState.ts';

/** What a drag or a click in a picture does: move the picture, choose a cell or a rectangle of cells, or paint. */
export type PictureTool = 'pan' | 'cell' | 'rectangle' | 'brush';

/** A piece of a stroke of the brush, between two points of the picture (fractions). */
export interface BrushStroke {
  readonly from: Point;
  readonly to: Point;
  readonly isFirst: boolean;
  /** The brush is lifted: nothing more is painted by this piece. */
  readonly isLast: boolean;
}

/** The viewer, as its input sees it. */
export interface PictureTarget {
  /** Undefined while there is no picture or no room for it. */
  readonly stage: Stage | undefined;
  readonly grid: CellGrid | undefined;
  readonly tool: PictureTool;
  readonly view: ViewState;
  readonly selection: CellRectangle | null;
  cursor: Cell | null;
  isHiding: boolean;
  select(rectangle: CellRectangle | null): void;
  paint(stroke: BrushStroke): void;
  open(): void;
}

/** Mouse travel (CSS pixels) below which a press is a click. */
const clickSlack = 3;

/** Turns mouse and keys over a picture into zoom, pan, cursor and selection. */
export class PictureInput {
  readonly #target: PictureTarget;
  #drag:
    | {
        readonly kind: 'pan' | 'rectangle' | 'brush';
        start: Point;
        last: Point;
        isMoved: boolean;
      }
    | undefined;
  /** Where a rectangle by keyboard began. */
  #anchor: Cell | undefined;

  constructor(target: PictureTarget) {
    this.#target = target;
  }

  readonly down = (event: PointerEvent): void => {
    if (event.button > 1) return;
    const { tool, grid, stage, view } = this.#target;
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    const isOwn = event.button === 0 && !event.ctrlKey;
    const isSelecting = tool === 'rectangle' && grid && isOwn;
    const isPainting = tool === 'brush' && stage && isOwn;
    const start = pointOf(event);
    if (isPainting) {
      const at = pictureAt(stage, view.position, start);
      this.#target.paint({ from: at, to: at, isFirst: true, isLast: false });
    }
    this.#drag = {
      kind: isPainting ? 'brush' : isSelecting ? 'rectangle' : 'pan',
      start,
      last: start,
      isMoved: event.button !== 0,
    };
  };

  readonly move = (event: PointerEvent): void => {
    const { stage, grid, view } = this.#target;
    if (!stage) return;
    const point = pointOf(event);
    const inPicture = pictureAt(stage, view.position, point);
    if (grid) this.#target.cursor = cellAt(grid, inPicture) ?? null;
    const drag = this.#drag;
    if (!drag) return;
    if (drag.kind === 'brush') {
      const from = pictureAt(stage, view.position, drag.last);
      this.#target.paint({ from, to: inPicture, isFirst: false, isLast: false });
      drag.last = point;
      return;
    }
    drag.isMoved ||= Math.hypot(point.x - drag.start.x, point.y - drag.start.y) > clickSlack;
    if (!drag.isMoved) return;
    if (drag.kind === 'rectangle' && grid) {
      const from = nearestCell(grid, pictureAt(stage, view.position, drag.start));
      this.#target.select(rectangleBetween(from, nearestCell(grid, inPicture)));
    } else {
      view.set(pan(stage, view.position, { x: point.x - drag.last.x, y: point.y - drag.last.y }));
    }
    drag.last = point;
  };

  readonly up = (): void => {
    const drag = this.#drag;
    this.#drag = undefined;
    const { stage, view } = this.#target;
    if (drag?.kind === 'brush') {
      const at = stage ? pictureAt(stage, view.position, drag.last) : drag.last;
      this.#target.paint({ from: at, to: at, isFirst: false, isLast: true });
    } else if (drag && !drag.isMoved) this.#choose();
  };

  readonly leave = (): void => {
    this.#target.cursor = null;
  };

  /** Ctrl and wheel, which is also what a pinch sends, zooms; the wheel alone pans, and scrolls the page at an edge. */
  readonly wheel = (event: WheelEvent): void => {
    const { stage, view } = this.#target;
    if (!stage) return;
    const before = view.position;
    if (event.ctrlKey || event.metaKey) {
      // A notch of a wheel is 100 or more, a step of a pinch a few pixels: both should feel the same.
      const turn = Math.max(-25, Math.min(25, event.deltaY));
      const { zoom } = placePicture(stage, before);
      view.set(zoomAround(stage, before, zoom * 2 ** (-turn / 50), pointOf(event)));
      event.preventDefault();
      return;
    }
    const after = pan(stage, before, { x: -event.deltaX, y: -event.deltaY });
    if (after.centre.x === before.centre.x && after.centre.y === before.centre.y) return;
    view.set(after);
    event.preventDefault();
  };

  readonly keyDown = (event: KeyboardEvent): void => {
    const action = keyAction(event, this.#target.grid !== undefined);
    if (!action || !this.#act(action)) return;
    event.preventDefault();
    event.stopPropagation();
  };

  readonly keyUp = (event: KeyboardEvent): void => {
    if (event.key === ' ') this.#target.isHiding = false;
  };

  readonly blur = (): void => {
    this.#target.isHiding = false;
  };

  /** @returns whether there was anything to do; a key that did nothing goes on to the panel */
  #act(action: PictureAction): boolean {
    const { stage, grid, view, selection } = this.#target;
    if (!stage) return false;
    switch (action.kind) {
      case 'zoomIn':
        view.set(zoomStep(stage, view.position, 1));
        return true;
      case 'zoomOut':
        view.set(zoomStep(stage, view.position, -1));
        return true;
      case 'fit':
        view.set(fitted);
        return true;
      case 'actualSize':
        view.set(zoomAround(stage, view.position, 1));
        return true;
      case 'pan': {
        const after = pan(stage, view.position, action);
        if (view.position.zoom === 'fit') return false;
        view.set(after);
        return true;
      }
      case 'moveCell':
        if (grid) this.#moveCursor(stage, grid, action);
        return grid !== undefined;
      case 'choose':
        this.#choose();
        return true;
      case 'clear':
        if (!selection) return false;
        this.#target.select(null);
        return true;
      case 'hideMaps':
        if (!grid) return false;
        this.#target.isHiding = true;
        return true;
    }
  }

  #moveCursor(
    stage: Stage,
    grid: CellGrid,
    action: Extract<PictureAction, { kind: 'moveCell' }>,
  ): void {
    const target = this.#target;
    const { columns, rows, isExtending } = action;
    const from = target.cursor;
    // The first key shows where the cursor is.
    const to = from ? moveCell(grid, from, columns, rows) : { column: 0, row: 0 };
    target.cursor = to;
    if (!isExtending || target.tool !== 'rectangle') this.#anchor = undefined;
    else {
      this.#anchor ??= from ?? to;
      target.select(rectangleBetween(this.#anchor, to));
    }
    const edges = corners(grid, rectangleBetween(to, to));
    target.view.set(reveal(stage, target.view.position, edges.from, edges.to));
  }

  #choose(): void {
    const { tool, grid, cursor } = this.#target;
    if (tool === 'pan' || !grid) this.#target.open();
    else if (cursor) this.#target.select(rectangleBetween(cursor, cursor));
  }
}

const pointOf = (event: MouseEvent): Point => ({ x: event.offsetX, y: event.offsetY });
