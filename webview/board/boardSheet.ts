import type { Picture } from '../../src/protocol/engine.ts';
import { colourScale, colourScaleSteps } from '../../src/numerics/colourScale.ts';
import { mapCanvas, pictureCanvas } from '../shared/picture/pictureCanvas.ts';
import { significant, similarity } from '../../src/numerics/significant.ts';
import { differenceMap } from './difference.ts';
import { commonLimit } from './limits.ts';
import { variantName } from './recipeWords.ts';
import { shownCell, type PanelState } from './state.ts';

const side = 256;
const gap = 12;
const lineHeight = 18;
const headHeight = 2 * lineHeight + gap;
const rowHeight = side + 2 * lineHeight + gap;
/** Browsers draw nothing onto larger canvases. */
const canvasMax = 16_000;

/** @returns the board as a PNG for a slide: pictures, difference maps on one scale, figures; undefined while it is empty */
export async function boardSheet(state: PanelState): Promise<ArrayBuffer | undefined> {
  const { host, pixels, difference } = state;
  const made = host?.document.variants.filter(({ id }) =>
    host.columns.some((_, column) => shownCell(state, column, id)?.isOutdated === false),
  );
  if (!host || !made || made.length === 0) return undefined;
  const limit = commonLimit(state);
  const width = Math.min(canvasMax, gap + host.columns.length * 3 * (side + gap));
  const height = Math.min(canvasMax, headHeight + made.length * rowHeight + 3 * lineHeight);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d')!;
  context.fillStyle = '#ffffff';
  context.fillRect(0, 0, width, height);
  const text = (words: string, x: number, y: number, room: number, weight = 'normal'): void => {
    context.fillStyle = '#000000';
    context.font = `${weight} 13px sans-serif`;
    context.fillText(fitting(context, words, room), x, y);
  };
  const draw = (picture: Picture | null | undefined, x: number, y: number): void => {
    if (!picture) return;
    context.imageSmoothingEnabled = picture.width > side;
    context.drawImage(pictureCanvas(picture), x, y, side, side);
  };
  host.columns.forEach(({ base, original, edited }, column) => {
    const left = gap + column * 3 * (side + gap);
    const room = 3 * side;
    text(`“${base.prompt}”`, left, lineHeight, room, 'bold');
    text(
      `seed ${base.seed}, ${base.steps} steps, guidance ${base.guidanceScale}`,
      left,
      2 * lineHeight,
      room,
    );
    made.forEach(({ id, recipe }, row) => {
      const top = headHeight + row * rowHeight;
      const cell = edited[id];
      text(variantName(recipe), left, top + lineHeight - 4, room, 'bold');
      const one = original && pixels[original.pictureId];
      const other = cell && pixels[cell.pictureId];
      draw(one, left, top + lineHeight);
      draw(other, left + side + gap, top + lineHeight);
      const map = one && other && differenceMap(one, other, difference, limit);
      if (map) {
        const [x, y] = [left + 2 * (side + gap), top + lineHeight];
        context.fillStyle = '#f7f7f7';
        context.fillRect(x, y, side, side);
        context.drawImage(mapCanvas(map, 'cells'), x, y, side, side);
      }
      const figures = cell?.figures;
      if (!figures) return;
      const { inside, outside, locality } = figures.area;
      const words = [
        `distance ${significant(figures.pixelDistance)} of 255`,
        `SSIM ${similarity(figures.ssim)}`,
        ...(inside === null || outside === null
          ? []
          : [`inside ${significant(inside)}, outside ${significant(outside)}`]),
        ...(locality === null ? [] : [`ratio ${significant(locality)}`]),
      ];
      text(words.join(' · '), left, top + lineHeight + side + lineHeight - 3, room);
    });
  });
  scaleBar(context, gap, height - 2 * lineHeight, limit);
  text(
    `−${significant(limit)} … 0 … ${significant(limit)} of 255, edited − original · ${host.modelTitle}${host.isEmbedded ? ', not evidence about SDXL' : ''}`,
    gap + side + gap,
    height - lineHeight,
    width - side - 3 * gap,
  );
  return (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer();
}

function scaleBar(
  context: OffscreenCanvasRenderingContext2D,
  left: number,
  top: number,
  limit: number,
): void {
  if (limit === 0) return;
  const table = colourScale('diverging');
  for (let x = 0; x < side; x++) {
    const entry = Math.round((x / (side - 1)) * (colourScaleSteps - 1)) * 3;
    context.fillStyle = `rgb(${table.subarray(entry, entry + 3).join(' ')})`;
    context.fillRect(left + x, top, 1, lineHeight);
  }
}

function fitting(context: OffscreenCanvasRenderingContext2D, words: string, room: number): string {
  if (context.measureText(words).width <= room) return words;
  let length = words.length;
  while (length > 1 && context.measureText(`${words.slice(0, length)}…`).width > room) length--;
  return `${words.slice(0, length)}…`;
}
