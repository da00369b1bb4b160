import type { Picture } from '../../../src/protocol/engine.ts';
import {
  corners,
  rectangleBetween,
  type Cell,
  type CellGrid,
  type CellRectangle,
} from './cells.ts';
import { drawCrisp } from './drawCrisp.ts';
import type { Placement } from './geometry.ts';
import type { MapStyle } from './heatMap.ts';
import { mapCanvas, pictureCanvas } from './pictureCanvas.ts';
import type { PictureMap } from './pictureMap.ts';

export interface Drawing {
  readonly picture: Picture;
  readonly placement: Placement;
  readonly pixelRatio: number;
  readonly maps: readonly PictureMap[];
  readonly opacity: number;
  readonly style: MapStyle;
  /** What the two outlines count in. */
  readonly grid: CellGrid | undefined;
  readonly selection: CellRectangle | null;
  readonly cursor: Cell | null;
}

/** Draws a picture, the maps over it and what is selected, and nothing else, onto a whole canvas. */
export function drawPicture(context: CanvasRenderingContext2D, drawing: Drawing): void {
  const { picture, placement, pixelRatio, maps, opacity, style, grid } = drawing;
  const { canvas } = context;
  context.clearRect(0, 0, canvas.width, canvas.height);
  const left = Math.round(placement.left * pixelRatio);
  const top = Math.round(placement.top * pixelRatio);
  const width = Math.round(picture.width * placement.zoom * pixelRatio);
  const height = Math.round(picture.height * placement.zoom * pixelRatio);

  const pixels = pictureCanvas(picture);
  context.imageSmoothingQuality = 'high';
  context.imageSmoothingEnabled = true;
  if (placement.isCrisp) drawCrisp(context, pixels, { left, top, width, height });
  else context.drawImage(pixels, left, top, width, height);
  context.globalAlpha = opacity;
  context.imageSmoothingEnabled = style === 'smooth';
  // The values are interpolated already; a better filter would only take longer.
  context.imageSmoothingQuality = 'low';
  for (const map of maps) context.drawImage(mapCanvas(map, style), left, top, width, height);
  context.globalAlpha = 1;

  if (!grid) return;
  const outline = (rectangle: CellRectangle, thickness: number): void => {
    const { from, to } = corners(grid, rectangle);
    // A dark line under a light one: one of them is seen on any picture.
    for (const [line, colour] of [
      [2 * thickness, 'black'],
      [thickness, 'white'],
    ] as const) {
      context.lineWidth = line * pixelRatio;
      context.strokeStyle = colour;
      context.strokeRect(
        Math.round(left + from.x * width),
        Math.round(top + from.y * height),
        Math.round((to.x - from.x) * width),
        Math.round((to.y - from.y) * height),
      );
    }
  };
  if (drawing.selection) outline(drawing.selection, 2);
  if (drawing.cursor) outline(rectangleBetween(drawing.cursor, drawing.cursor), 1);
}
