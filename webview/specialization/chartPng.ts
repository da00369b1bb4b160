import { gap, ground, onPaper, sheetOf } from '../../src/charts/chartSheet.ts';
import { turns } from '../../src/charts/chartSvg.ts';
import type { Paint, Shape } from '../../src/charts/drawFacet.ts';
import type { Chart } from '../../src/protocol/specialization.ts';

const font = '12px sans-serif';
const pixelRatio = 2;

/** The same sheet as a PNG, twice as large for slides. */
export async function pngOf(chart: Chart, isEmbedded: boolean): Promise<ArrayBuffer> {
  const { width, height, shapes } = sheetOf(chart, isEmbedded);
  const canvas = new OffscreenCanvas(pixelRatio * width, pixelRatio * (height + gap));
  const context = canvas.getContext('2d')!;
  context.fillStyle = ground;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.setTransform(pixelRatio, 0, 0, pixelRatio, pixelRatio * gap, pixelRatio * gap);
  for (const shape of shapes) paint(context, shape);
  return (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer();
}

function paint(context: OffscreenCanvasRenderingContext2D, shape: Shape): void {
  const stroke = (paintOf: Paint, width: number, dash: readonly number[]): void => {
    if (paintOf === 'none') return;
    context.strokeStyle = onPaper(paintOf);
    context.lineWidth = width;
    context.setLineDash([...dash]);
    context.stroke();
  };
  context.beginPath();
  switch (shape.kind) {
    case 'line':
      for (const [x, y] of shape.points) context.lineTo(x, y);
      stroke(shape.stroke, shape.width ?? 1, shape.isDashed ? [4, 3] : []);
      break;
    case 'box':
      context.rect(...shape.box);
      fill(context, shape.fill);
      stroke(shape.stroke, shape.mark?.isSpecial ? 3 : 1, shape.isDashed ? [3, 2] : []);
      break;
    case 'dot':
      context.arc(...shape.at, 4, 0, 2 * Math.PI);
      context.fillStyle = shape.fill === 'none' ? ground : onPaper(shape.fill);
      context.fill();
      stroke(shape.stroke, 1, []);
      break;
    case 'text':
      context.save();
      context.font = shape.isStrong ? `600 ${font}` : font;
      context.textAlign = shape.anchor === 'middle' ? 'center' : shape.anchor;
      context.fillStyle = onPaper(shape.fill);
      context.translate(...shape.at);
      if (shape.isTurned) context.rotate((turns[shape.isTurned] * Math.PI) / 180);
      context.fillText(shape.text, 0, 0);
      context.restore();
      break;
  }
}

function fill(context: OffscreenCanvasRenderingContext2D, paintOf: Paint): void {
  if (paintOf === 'none') return;
  context.fillStyle = onPaper(paintOf);
  context.fill();
}
