import { encodeRuns, expandRuns } from '../../src/numerics/maskCells.ts';
import { spreadCells } from '../../src/numerics/pictureDistance.ts';
import type { EditMask } from '../../src/protocol/recipe.ts';
import type { Cell, CellGrid, CellRectangle } from '../shared/picture/cells.ts';
import type { Point } from '../shared/picture/geometry.ts';

/** What is painted on a picture, pixel by pixel. Never changed: each gesture makes a new one. */
export interface PaintMask {
  readonly width: number;
  readonly height: number;
  readonly values: Uint8Array; // [height, width], 0 ... 255
}

export const emptyMask = (width: number, height: number): PaintMask => ({
  width,
  height,
  values: new Uint8Array(width * height),
});

/** @param size of the picture: a mask of another size, or of cells, is brought to it by the nearest value */
export function maskOf(edit: EditMask | undefined, width: number, height: number): PaintMask {
  if (!edit) return emptyMask(width, height);
  if (edit.kind === 'pixels' && edit.width === width && edit.height === height) {
    return { width, height, values: expandRuns(edit) };
  }
  const [wide, high, source] =
    edit.kind === 'cells'
      ? [edit.cellsWide, edit.cellsHigh, Float32Array.from(edit.weights, (one) => one * 255)]
      : [edit.width, edit.height, Float32Array.from(expandRuns(edit))];
  return {
    width,
    height,
    values: Uint8Array.from(spreadCells(source, high, wide, height, width), Math.round),
  };
}

export const toEditMask = (
  { width, height, values }: PaintMask,
  rule: Extract<EditMask, { kind: 'pixels' }>['rule'],
): EditMask => ({ kind: 'pixels', rule, width, height, runs: encodeRuns(values) });

export interface Brush {
  /** In pixels of the picture. */
  readonly radius: number;
  /** Share of the radius over which it fades, 0 ... 1. */
  readonly softness: number;
  readonly isErasing: boolean;
}

/** A straight piece of a stroke between two points of the picture (fractions). */
export function brushed(mask: PaintMask, from: Point, to: Point, brush: Brush): PaintMask {
  const { width, height } = mask;
  const { radius, softness, isErasing } = brush;
  const values = mask.values.slice();
  const [ax, ay] = [from.x * width, from.y * height];
  const [dx, dy] = [to.x * width - ax, to.y * height - ay];
  const lengthSquared = dx * dx + dy * dy;
  const bounds = (a: number, d: number, max: number): [number, number] => [
    Math.max(0, Math.floor(Math.min(a, a + d) - radius)),
    Math.min(max - 1, Math.ceil(Math.max(a, a + d) + radius)),
  ];
  const [left, right] = bounds(ax, dx, width);
  const [top, bottom] = bounds(ay, dy, height);
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const [px, py] = [x + 0.5 - ax, y + 0.5 - ay];
      const along =
        lengthSquared > 0 ? Math.min(1, Math.max(0, (px * dx + py * dy) / lengthSquared)) : 0;
      const distance = Math.hypot(px - along * dx, py - along * dy);
      if (distance >= radius) continue;
      const fade = softness * radius;
      const weight = fade > 0 ? Math.min(1, (radius - distance) / fade) : 1;
      const at = y * width + x;
      const painted = Math.round(255 * weight);
      values[at] = isErasing
        ? Math.min(values[at]!, 255 - painted)
        : Math.max(values[at]!, painted);
    }
  }
  return { width, height, values };
}

/** All pixels of some cells to one value. */
export function filled(
  mask: PaintMask,
  grid: CellGrid,
  rectangle: CellRectangle,
  value: 0 | 255,
): PaintMask {
  const { width, height } = mask;
  const values = mask.values.slice();
  const edge = (cell: number, cells: number, pixels: number): number =>
    Math.round((cell * pixels) / cells);
  const left = edge(rectangle.column, grid.cellsWide, width);
  const right = edge(rectangle.column + rectangle.columns, grid.cellsWide, width);
  const bottom = edge(rectangle.row + rectangle.rows, grid.cellsHigh, height);
  for (let y = edge(rectangle.row, grid.cellsHigh, height); y < bottom; y++) {
    values.fill(value, y * width + left, y * width + right);
  }
  return { width, height, values };
}

/** A cell that is less than half painted is filled, else cleared. */
export function toggled(mask: PaintMask, grid: CellGrid, cell: Cell): PaintMask {
  const rectangle = { ...cell, columns: 1, rows: 1 };
  const full = filled(emptyMask(mask.width, mask.height), grid, rectangle, 255);
  let [inside, painted] = [0, 0];
  full.values.forEach((value, at) => {
    if (value === 0) return;
    inside++;
    painted += mask.values[at]!;
  });
  return filled(mask, grid, rectangle, painted < (inside * 255) / 2 ? 255 : 0);
}

/** Cells in which a heat map is at least `threshold`. */
export function thresholded(
  { width, height }: Pick<PaintMask, 'width' | 'height'>,
  grid: CellGrid,
  heat: Float32Array,
  threshold: number,
): PaintMask {
  const cells = heat.map((value) => (value >= threshold && value > 0 ? 255 : 0));
  const values = spreadCells(cells, grid.cellsHigh, grid.cellsWide, height, width);
  return { width, height, values: Uint8Array.from(values) };
}

export const inverted = ({ width, height, values }: PaintMask): PaintMask => ({
  width,
  height,
  values: values.map((value) => 255 - value),
});

/** Softens edges: three box means in a row, which is nearly a Gaussian; beyond the border goes on what is at it. */
export function softened({ width, height, values }: PaintMask, radius: number): PaintMask {
  let soft = Float32Array.from(values);
  const step = Math.max(1, Math.round(radius / 3));
  for (let pass = 0; pass < 3; pass++) {
    soft = boxMean(soft, width, height, step, true);
    soft = boxMean(soft, width, height, step, false);
  }
  return { width, height, values: Uint8Array.from(soft, Math.round) };
}

function boxMean(
  values: Float32Array,
  width: number,
  height: number,
  radius: number,
  isAcross: boolean,
): Float32Array<ArrayBuffer> {
  const result = new Float32Array(values.length);
  const [lines, length] = isAcross ? [height, width] : [width, height];
  const [lineStride, stride] = isAcross ? [width, 1] : [1, width];
  const count = 2 * radius + 1;
  for (let line = 0; line < lines; line++) {
    const at = (index: number): number =>
      values[line * lineStride + Math.min(length - 1, Math.max(0, index)) * stride]!;
    let sum = 0;
    for (let index = -radius; index <= radius; index++) sum += at(index);
    for (let index = 0; index < length; index++) {
      result[line * lineStride + index * stride] = sum / count;
      sum += at(index + radius + 1) - at(index - radius);
    }
  }
  return result;
}

/** Mean of what is painted, 0 ... 1. */
export function coverage({ values }: PaintMask): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / (values.length * 255);
}
