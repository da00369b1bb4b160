import type { Chart } from '../protocol/specialization.ts';
import { gap, ground, onPaper, sheetOf } from './chartSheet.ts';

/** Degrees. */
export const turns = { up: -90, aslant: -50 } as const;
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/** A chart as a file of its own, on white. */
export function svgOf(chart: Chart, isEmbedded: boolean): string {
  const { width, height, shapes } = sheetOf(chart, isEmbedded);
  const parts = shapes.map((shape) => {
    switch (shape.kind) {
      case 'line':
        return `<polyline points="${shape.points.map((point) => point.join()).join(' ')}" fill="none" stroke="${onPaper(shape.stroke)}" stroke-width="${shape.width ?? 1}"${shape.isDashed ? ' stroke-dasharray="4 3"' : ''}/>`;
      case 'box': {
        const [x, y, w, h] = shape.box;
        return `<rect x="${x}" y="${y}" width="${Math.max(0, w)}" height="${Math.max(0, h)}" fill="${onPaper(shape.fill)}" stroke="${onPaper(shape.stroke)}"${shape.mark?.isSpecial ? ' stroke-width="3"' : ''}${shape.isDashed ? ' stroke-dasharray="3 2"' : ''}/>`;
      }
      case 'dot':
        return `<circle cx="${shape.at[0]}" cy="${shape.at[1]}" r="4" fill="${shape.fill === 'none' ? ground : onPaper(shape.fill)}" stroke="${onPaper(shape.stroke)}"/>`;
      case 'text': {
        const [x, y] = shape.at;
        const turn = shape.isTurned
          ? ` transform="rotate(${turns[shape.isTurned]} ${x} ${y})"`
          : '';
        return `<text x="${x}" y="${y}" text-anchor="${shape.anchor}" fill="${onPaper(shape.fill)}"${shape.isStrong ? ' font-weight="600"' : ''}${turn}>${escaped(shape.text)}</text>`;
      }
    }
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${-gap} ${-gap} ${width} ${height + gap}" font-family="sans-serif" font-size="12">\n<rect x="${-gap}" y="${-gap}" width="${width}" height="${height + gap}" fill="${ground}"/>\n${parts.join('\n')}\n</svg>\n`;
}
