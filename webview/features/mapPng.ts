import { colourScale, colourScaleSteps } from '../../src/numerics/colourScale.ts';
import type { Picture } from '../../src/protocol/engine.ts';
import { mapCanvas, pictureCanvas } from '../shared/picture/pictureCanvas.ts';
import type { Overlay } from '../shared/picture/overlay.ts';
import { rangeOf, type MapColours, type PictureMap } from '../shared/picture/pictureMap.ts';
import { significant } from '../../src/numerics/significant.ts';
import { wrapLines } from './wrapLines.ts';

export interface MapTile {
  readonly picture: Picture;
  readonly title: string;
  readonly maps: readonly PictureMap[];
  /** Prompt and seed. */
  readonly caption: string;
}

/** A small picture is enlarged by a whole number, so that it can be looked at and put on a slide. */
const sideMin = 512;
const gap = 24;
const lineHeight = 22;
const rampHeight = 14;
const font = '15px sans-serif';

/** @returns a PNG of all tiles side by side, each with its maps, their colour bars in units and its caption */
export async function mapPng(
  tiles: readonly MapTile[],
  overlay: Overlay,
  heading: string,
): Promise<Uint8Array> {
  const placed = tiles.map((tile) => {
    const { width, height } = tile.picture;
    const factor = Math.max(1, Math.ceil(sideMin / Math.max(width, height)));
    return { ...tile, width: width * factor, height: height * factor };
  });
  const measure = new OffscreenCanvas(1, 1).getContext('2d')!;
  measure.font = font;
  const textWidth = (text: string): number => measure.measureText(text).width;
  const columns = placed.map((tile) => ({
    ...tile,
    captionLines: wrapLines(tile.caption, tile.width, textWidth),
  }));
  const picturesHigh = Math.max(...columns.map(({ height }) => height));
  const barCount = Math.max(...columns.map(({ maps }) => maps.length));
  const captionCount = Math.max(...columns.map(({ captionLines }) => captionLines.length));
  const hasTitles = columns.some(({ title }) => title !== '');
  const inner = columns.reduce((sum, { width }) => sum + width + gap, -gap);
  const headingLines = wrapLines(heading, inner, textWidth);

  const top = gap + (headingLines.length + (hasTitles ? 1 : 0)) * lineHeight;
  const canvas = new OffscreenCanvas(
    inner + 2 * gap,
    top + picturesHigh + gap + barCount * 2 * lineHeight + captionCount * lineHeight + gap,
  );
  const context = canvas.getContext('2d')!;
  context.fillStyle = 'white';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.font = font;
  context.textBaseline = 'middle';
  const write = (text: string, x: number, y: number): void => {
    context.fillStyle = 'black';
    context.fillText(text, x, y + lineHeight / 2);
  };
  headingLines.forEach((line, index) => {
    write(line, gap, gap / 2 + index * lineHeight);
  });
  let left = gap;
  for (const { picture, maps, title, width, height, captionLines } of columns) {
    if (title !== '') write(title, left, top - lineHeight);
    context.imageSmoothingEnabled = false;
    context.drawImage(pictureCanvas(picture), left, top, width, height);
    if (overlay.isShown) {
      context.imageSmoothingEnabled = overlay.style === 'smooth';
      context.globalAlpha = overlay.opacity;
      for (const map of maps) {
        context.drawImage(mapCanvas(map, overlay.style), left, top, width, height);
      }
      context.globalAlpha = 1;
    }
    let y = top + picturesHigh + gap / 2;
    for (const map of maps) {
      const { min, max } = rangeOf(map);
      write(map.name, left, y);
      const ends = [significant(min), `${significant(max)} ${map.unit}`] as const;
      const rampLeft = left + textWidth(ends[0]) + 8;
      write(ends[0], left, y + lineHeight);
      const rampWidth = Math.max(
        40,
        Math.min(160, left + width - rampLeft - textWidth(ends[1]) - 8),
      );
      ramp(
        context,
        map.colours,
        rampLeft,
        y + lineHeight + (lineHeight - rampHeight) / 2,
        rampWidth,
      );
      write(ends[1], rampLeft + rampWidth + 8, y + lineHeight);
      y += 2 * lineHeight;
    }
    y = top + picturesHigh + gap / 2 + barCount * 2 * lineHeight;
    captionLines.forEach((line, index) => {
      write(line, left, y + index * lineHeight);
    });
    left += width + gap;
  }
  const blob = await canvas.convertToBlob({ type: 'image/png' });
  return new Uint8Array(await blob.arrayBuffer());
}

function ramp(
  context: OffscreenCanvasRenderingContext2D,
  colours: MapColours,
  left: number,
  top: number,
  width: number,
): void {
  for (let x = 0; x < width; x++) {
    const share = x / (width - 1);
    if (colours.startsWith('#')) {
      context.globalAlpha = share;
      context.fillStyle = colours;
    } else {
      const scale = colourScale(colours as Exclude<MapColours, `#${string}`>);
      const entry = Math.round(share * (colourScaleSteps - 1)) * 3;
      context.fillStyle = `rgb(${scale.subarray(entry, entry + 3).join(' ')})`;
    }
    context.fillRect(left + x, top, 1, rampHeight);
  }
  context.globalAlpha = 1;
  context.strokeStyle = '#767676';
  context.strokeRect(left - 0.5, top - 0.5, width + 1, rampHeight + 1);
}
