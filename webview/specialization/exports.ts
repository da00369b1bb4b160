import { type Chart, toyCaveat } from '../../src/protocol/specialization.ts';
import { blocks } from '../shared/blocks.ts';
import { significant } from '../shared/significant.ts';
import { type Drawing, drawFacet, type Paint, type Shape } from './shapes.ts';

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

/** One line a mark; every number unrounded. */
export function csvOf({ id, facets }: Chart): string {
  const head = 'chart,figure,series,is_control,place,x,value,low,high,n,note,is_special';
  const lines = facets.flatMap(({ title, series, columns }) =>
    series.flatMap(({ name, isControl, marks }) =>
      marks.map(({ x, y, low, high, n, note, isSpecial }) =>
        [
          ...[id, quoted(title), quoted(name), isControl, quoted(columns?.[x] ?? '')],
          ...[x, y, low, high, quoted(n), quoted(note ?? ''), isSpecial ?? ''],
        ].join(','),
      ),
    ),
  );
  return `${[head, ...lines].join('\n')}\n`;
}

/** A section with what the chart says and a table a figure. */
export function markdownOf(
  { title, finding, formula, facets }: Chart,
  isEmbedded: boolean,
): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  const tables = facets.map(({ title: name, series, columns, xTitle }) =>
    [
      `### ${name}`,
      '',
      `| series | ${cell(xTitle)} | value | 95 % interval | n |`,
      '|---|---|---|---|---|',
      ...series.flatMap(({ name: one, isControl, marks }) =>
        marks.map(
          ({ x, y, low, high, n, note, isSpecial }) =>
            `| ${cell(one)}${isControl ? ' (control)' : ''} | ${cell(columns?.[x] ?? significant(x))} | ${significant(y)}${isSpecial ? ' *' : ''} | ${significant(low)} to ${significant(high)} | ${cell(n)}${note === undefined ? '' : `; ${cell(note)}`} |`,
        ),
      ),
      '',
    ].join('\n'),
  );
  const caveat = isEmbedded ? `*${toyCaveat}*\n\n` : '';
  return `## ${title}\n\n${finding}\n\n${caveat}${tables.join('\n')}\n${formula}\n`;
}

const ground = '#ffffff';
const gap = 16;
const headHeight = 64;
const legendLine = 16;
const font = '12px sans-serif';

/** Colours on white paper. */
function onPaper(paint: Paint): string {
  if (paint === 'ink') return '#000000';
  if (paint === 'muted') return '#555555';
  if (typeof paint === 'string') return paint;
  return blocks.find(({ name }) => name === paint.block)?.colour ?? '#555555';
}

interface PlacedDrawing extends Drawing {
  readonly top: number;
}

/** All of a chart on one sheet: title, finding, figures one below the other, each with its legend. */
function sheetOf({ title, finding, facets }: Chart, isEmbedded: boolean) {
  let top = headHeight;
  const drawings = facets.map((facet): PlacedDrawing => {
    const { width, height, shapes } = drawFacet(facet);
    const legend = facet.kind === 'heat' ? [] : facet.series;
    const at: PlacedDrawing = {
      top,
      width,
      height: height + 22 + legend.length * legendLine,
      shapes: [
        {
          kind: 'text',
          at: [4, 0],
          text: facet.title,
          anchor: 'start',
          fill: 'ink',
          isStrong: true,
        },
        ...shapes.map((shape) => moved(shape, 8)),
        ...legend.flatMap(({ name, block, isControl }, row): Shape[] => {
          const y = height + 22 + row * legendLine;
          const stroke: Paint = block === undefined ? 'ink' : { block };
          return [
            { kind: 'line', points: [[58, y - 4], [82, y - 4]], stroke, width: isControl ? 1 : 3, isDashed: isControl }, // prettier-ignore
            { kind: 'text', at: [90, y], text: isControl ? `${name} (control)` : name, anchor: 'start', fill: 'ink' }, // prettier-ignore
          ];
        }),
      ],
    };
    top += at.height + gap;
    return at;
  });
  const width = Math.max(...drawings.map((one) => one.width)) + 2 * gap;
  const head: Shape[] = [
    { kind: 'text', at: [0, 10], text: title, anchor: 'start', fill: 'ink', isStrong: true },
    ...wrapped(finding, 84).map((text, row): Shape => ({
      ...{ kind: 'text', at: [0, 26 + row * 14], text, anchor: 'start', fill: 'ink' },
    })),
  ];
  const foot: Shape[] = isEmbedded
    ? [{ kind: 'text', at: [0, top + 6], text: toyCaveat, anchor: 'start', fill: 'muted' }]
    : [];
  const extra = Math.max(0, wrapped(finding, 84).length - 3) * 14;
  const body = drawings.flatMap((one) => one.shapes.map((shape) => moved(shape, one.top + extra)));
  return {
    width,
    height: top + extra + gap + 12,
    shapes: [...head, ...body, ...foot.map((shape) => moved(shape, extra))],
  };
}

function wrapped(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < columns)
      lines[lines.length - 1] = `${last} ${word}`; // prettier-ignore
    else lines.push(word);
  }
  return lines;
}

function moved(shape: Shape, dy: number): Shape {
  switch (shape.kind) {
    case 'line':
      return { ...shape, points: shape.points.map(([x, y]) => [x, y + dy] as const) };
    case 'box': {
      const [x, y, width, height] = shape.box;
      return { ...shape, box: [x, y + dy, width, height] };
    }
    case 'dot':
    case 'text':
      return { ...shape, at: [shape.at[0], shape.at[1] + dy] };
  }
}

const turns = { up: -90, aslant: -50 } as const;
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
