import { type Chart, toyCaveat } from '../protocol/specialization.ts';
import { blockColours } from './blockColours.ts';
import { type Drawing, drawFacet, type Paint, type Shape } from './drawFacet.ts';

export const ground = '#ffffff';
export const gap = 16;
const headHeight = 64;
const legendLine = 16;

/** Colours on white paper. */
export function onPaper(paint: Paint): string {
  if (paint === 'ink') return '#000000';
  if (paint === 'muted') return '#555555';
  if (typeof paint === 'string') return paint;
  const byName: Readonly<Record<string, string | undefined>> = blockColours;
  return byName[paint.block] ?? '#555555';
}

interface PlacedDrawing extends Drawing {
  readonly top: number;
}

/** All of a chart on one sheet: title, finding, figures one below the other, each with its legend. */
export function sheetOf({ title, finding, facets }: Chart, isEmbedded: boolean) {
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
  const extra = Math.max(0, wrapped(finding, 84).length - 2) * 14;
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
