import type { ChartFacet, ChartMark, ChartSeries } from '../protocol/specialization.ts';
import { colourScale } from '../numerics/colourScale.ts';
import { significant } from '../numerics/significant.ts';
import { type Axis, axisOf, shownRange } from './axis.ts';

/** `ink` and `muted` are the theme's; a block's name stands for its colour; anything else is a colour. */
export type Paint = 'ink' | 'muted' | 'none' | { readonly block: string } | `rgb(${string})`;

/** What a chart is drawn of, on a screen, in a file or on a canvas. */
export type Shape =
  | {
      readonly kind: 'line';
      readonly points: readonly (readonly [number, number])[];
      readonly stroke: Paint;
      readonly width?: number;
      readonly isDashed?: boolean;
    }
  | {
      readonly kind: 'box';
      readonly box: readonly [x: number, y: number, width: number, height: number];
      readonly fill: Paint;
      readonly stroke: Paint;
      readonly isDashed?: boolean;
      readonly mark?: ChartMark;
    }
  | {
      readonly kind: 'dot';
      readonly at: readonly [number, number];
      readonly fill: Paint;
      readonly stroke: Paint;
      readonly mark: ChartMark;
    }
  | {
      readonly kind: 'text';
      readonly at: readonly [number, number];
      readonly text: string;
      readonly anchor: 'start' | 'middle' | 'end';
      readonly fill: Paint;
      readonly isTurned?: 'up' | 'aslant';
      readonly isStrong?: boolean;
    };

export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly shapes: readonly Shape[];
}

const width = 480;
const plotHeight = 190;
const leftMin = 58;
const right = 12;
const top = 10;
const crowded = 6;

/** Everything of one set of axes but its legend. */
export function drawFacet(facet: ChartFacet): Drawing {
  return facet.kind === 'heat' ? heatDrawing(facet) : plotDrawing(facet);
}

function plotDrawing(facet: ChartFacet): Drawing {
  const { series, columns, kind } = facet;
  const marks = series.flatMap((one) => one.marks);
  const upright = axisOf(shownRange(marks), { withZero: kind === 'bars' });
  const longestTick = Math.max(...upright.ticks.map((tick) => significant(tick).length));
  // Beside the turned title.
  const left = Math.max(leftMin, 28 + 7 * longestTick);
  const across = columns
    ? { low: -0.5, high: columns.length - 0.5, ticks: columns.map((_, i) => i) }
    : axisOf(
        marks.map(({ x }) => x),
        { wanted: 6, isWhole: marks.every(({ x }) => Number.isInteger(x)) },
      );
  const isAslant = (columns?.length ?? 0) > crowded;
  const height = top + plotHeight + (isAslant ? 108 : 42);
  const x = (value: number): number => left + place(value, across) * (width - left - right);
  const y = (value: number): number =>
    top + (1 - Math.min(1, Math.max(0, place(value, upright)))) * plotHeight;
  const bottom = top + plotHeight;
  const words = (at: readonly [number, number], text: string, anchor: 'middle' | 'end'): Shape => ({
    ...{ kind: 'text', at, text, anchor, fill: 'muted' },
  });
  const axes: Shape[] = [
    ...upright.ticks.flatMap((tick): Shape[] => [
      { kind: 'line', points: [[left - 4, y(tick)], [left, y(tick)]], stroke: 'muted' }, // prettier-ignore
      words([left - 7, y(tick) + 4], significant(tick), 'end'),
    ]),
    ...across.ticks.map((tick): Shape => {
      const text = columns?.[tick] ?? significant(tick);
      if (!isAslant) return words([x(tick), bottom + 16], text, 'middle');
      return { ...words([x(tick) + 4, bottom + 12], text, 'end'), isTurned: 'aslant' } as Shape;
    }),
    { kind: 'line', points: [[left, top], [left, bottom], [width - right, bottom]], stroke: 'muted' }, // prettier-ignore
    ...(upright.low < 0 ? [{ kind: 'line', points: [[left, y(0)], [width - right, y(0)]], stroke: 'muted' } as const] : []), // prettier-ignore
    words([(left + width) / 2, height - 4], facet.xTitle, 'middle'),
    { ...words([12, top + plotHeight / 2], facet.yTitle, 'middle'), isTurned: 'up' } as Shape,
  ];
  const scales = { x, y };
  return {
    ...{ width, height },
    shapes: [...axes, ...(kind === 'bars' ? bars(facet, scales) : lines(series, scales))],
  };
}

const place = (value: number, { low, high }: Axis): number => (value - low) / (high - low);

interface Scales {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

/** Bars of one place side by side; a control's are hollow. */
function bars({ series, columns = [] }: ChartFacet, { x, y }: Scales): readonly Shape[] {
  const room = (x(1) - x(0)) * 0.76;
  const wide = room / Math.max(1, series.length);
  return series.flatMap(({ marks, isControl, block }, index) =>
    marks.flatMap((mark): Shape[] => {
      const paint: Paint = { block: block ?? columns[mark.x] ?? '' };
      const from = x(mark.x) - room / 2 + index * wide;
      const [start, end] = [Math.min(y(0), y(mark.y)), Math.max(y(0), y(mark.y))];
      return [
        {
          ...{ kind: 'box', box: [from + 1, start, wide - 2, end - start], mark },
          ...{ fill: isControl ? 'none' : paint, stroke: paint, isDashed: isControl },
        },
        ...whisker(mark, from + wide / 2, y, 'ink'),
      ];
    }),
  );
}

function lines(series: readonly ChartSeries[], { x, y }: Scales): readonly Shape[] {
  return series.flatMap(({ name, marks, isControl, block }): Shape[] => {
    const paint: Paint = { block: block ?? '' };
    const points = marks.map((mark) => [x(mark.x), y(mark.y)] as const);
    return [
      { kind: 'line', points, stroke: paint, width: isControl ? 1 : 2, isDashed: isControl },
      ...marks.flatMap((mark) => whisker(mark, x(mark.x), y, paint)),
      ...marks.map((mark): Shape => ({
        ...{ kind: 'dot', at: [x(mark.x), y(mark.y)], mark },
        ...{ fill: isControl ? 'none' : paint, stroke: paint },
      })),
      ...(block === undefined ? nameAtEnd(name, points.at(-1)) : []),
    ];
  });
}

/** Lines that are no block's have one colour: their names tell them apart. */
function nameAtEnd(text: string, end: readonly [number, number] | undefined): readonly Shape[] {
  if (!end) return [];
  const at = [end[0] - 8, end[1] - 6] as const;
  return [{ kind: 'text', at, text, anchor: 'end', fill: 'muted' }];
}

function whisker(mark: ChartMark, x: number, y: Scales['y'], stroke: Paint): readonly Shape[] {
  const [low, high] = [y(mark.low), y(mark.high)];
  return [
    { kind: 'line', points: [[x, low], [x, high]], stroke }, // prettier-ignore
    { kind: 'line', points: [[x - 3, low], [x + 3, low]], stroke }, // prettier-ignore
    { kind: 'line', points: [[x - 3, high], [x + 3, high]], stroke }, // prettier-ignore
  ];
}

const cellHeight = 46;

/** With one digit where two have no room. */
function intervalIn(wide: number, { low, high }: ChartMark): string {
  const [long, short] = [2, 1].map((d) => `${significant(low, d)} … ${significant(high, d)}`);
  return (long?.length ?? 0) * 6 > wide ? (short ?? '') : (long ?? '');
}

/** One row a series; colours run from the least to the largest value, or around 0 where some are negative. */
function heatDrawing({ series, columns = [], range, xTitle, yTitle }: ChartFacet): Drawing {
  const marks = series.flatMap((one) => one.marks);
  const values = marks.map(({ y }) => y);
  const isSigned = values.some((value) => value < 0) || (range?.[0] ?? 0) < 0;
  const limit = Math.max(...values.map(Math.abs), 1e-12);
  const table = colourScale(isSigned ? 'diverging' : 'viridis');
  const rowTop = 24;
  const longest = Math.max(...series.map(({ name }) => name.length));
  const start = Math.min(200, Math.max(leftMin + 34, 20 + 6.4 * longest));
  const wide = (width - start - right) / Math.max(1, columns.length);
  const shapes = series.flatMap(({ name, block, marks: row }, r): Shape[] => {
    const y = rowTop + r * cellHeight;
    return [
      ...(block === undefined ? [] : [{ kind: 'box', box: [4, y + 8, 5, cellHeight - 16], fill: { block }, stroke: 'none' } as const]), // prettier-ignore
      { kind: 'text', at: [14, y + cellHeight / 2 + 4], text: name, anchor: 'start', fill: 'ink' },
      ...row.flatMap((mark): Shape[] => {
        const [from, to] = range ?? [isSigned ? -limit : 0, limit];
        const share = (mark.y - from) / (to - from);
        const entry = 3 * Math.round(Math.min(1, Math.max(0, share)) * (table.length / 3 - 1));
        const [red = 0, green = 0, blue = 0] = table.subarray(entry, entry + 3);
        const isDark = 0.299 * red + 0.587 * green + 0.114 * blue < 140;
        const on: Paint = isDark ? 'rgb(255, 255, 255)' : 'rgb(0, 0, 0)';
        const x = start + mark.x * wide;
        const middle = x + wide / 2;
        return [
          {
            ...{ kind: 'box', box: [x + 1, y + 1, wide - 2, cellHeight - 2], mark },
            ...{ fill: `rgb(${red}, ${green}, ${blue})`, stroke: mark.isSpecial ? 'ink' : 'none' },
          },
          {
            ...{ kind: 'text', at: [middle, y + 19], anchor: 'middle', fill: on, isStrong: true },
            text: `${significant(mark.y)}${mark.isSpecial ? ' *' : ''}`,
          },
          {
            ...{ kind: 'text', at: [middle, y + 35], anchor: 'middle', fill: on },
            text: intervalIn(wide, mark),
          },
        ];
      }),
    ];
  });
  const height = rowTop + series.length * cellHeight + 24;
  const heads = columns.map((text, i): Shape => {
    const at = [start + (i + 0.5) * wide, 16] as const;
    return { kind: 'text', at, text, anchor: 'middle', fill: 'muted' };
  });
  const foot: Shape = {
    ...{ kind: 'text', at: [width / 2, height - 6], anchor: 'middle', fill: 'muted' },
    text: `${xTitle}; ${yTitle}${marks.some(({ isSpecial }) => isSpecial) ? '; * special' : ''}`,
  };
  return { width, height, shapes: [...heads, ...shapes, foot] };
}
