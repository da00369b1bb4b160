import type { Point } from './geometry.ts';

/** The grid of a map over a picture. */
export interface CellGrid {
  readonly cellsWide: number;
  readonly cellsHigh: number;
}

/** Counted from 0, from the upper left corner. */
export interface Cell {
  readonly column: number;
  readonly row: number;
}

/** Whole cells; a single one has one column and one row. */
export interface CellRectangle extends Cell {
  readonly columns: number;
  readonly rows: number;
}

const clampTo = (value: number, count: number): number => Math.min(count - 1, Math.max(0, value));

/** @returns the cell under a point of the picture (fractions); undefined beside the picture */
export function cellAt({ cellsWide, cellsHigh }: CellGrid, { x, y }: Point): Cell | undefined {
  if (x < 0 || y < 0 || x >= 1 || y >= 1) return undefined;
  return { column: Math.floor(x * cellsWide), row: Math.floor(y * cellsHigh) };
}

/** Like `cellAt`, but a drag that left the picture stays at its edge. */
export function nearestCell({ cellsWide, cellsHigh }: CellGrid, { x, y }: Point): Cell {
  return {
    column: clampTo(Math.floor(x * cellsWide), cellsWide),
    row: clampTo(Math.floor(y * cellsHigh), cellsHigh),
  };
}

export function moveCell(grid: CellGrid, cell: Cell, columns: number, rows: number): Cell {
  return {
    column: clampTo(cell.column + columns, grid.cellsWide),
    row: clampTo(cell.row + rows, grid.cellsHigh),
  };
}

/** The rectangle with these two cells in opposite corners. */
export function rectangleBetween(one: Cell, other: Cell): CellRectangle {
  return {
    column: Math.min(one.column, other.column),
    row: Math.min(one.row, other.row),
    columns: Math.abs(one.column - other.column) + 1,
    rows: Math.abs(one.row - other.row) + 1,
  };
}

/** Corners as fractions of the picture. */
export function corners(grid: CellGrid, rectangle: CellRectangle): { from: Point; to: Point } {
  return {
    from: { x: rectangle.column / grid.cellsWide, y: rectangle.row / grid.cellsHigh },
    to: {
      x: (rectangle.column + rectangle.columns) / grid.cellsWide,
      y: (rectangle.row + rectangle.rows) / grid.cellsHigh,
    },
  };
}

/** For a read-out: "Cell 3, 5" or "Cells 3, 5 to 6, 7". */
export function cellWords({ column, row, columns, rows }: CellRectangle): string {
  if (columns === 1 && rows === 1) return `Cell ${column}, ${row}`;
  return `Cells ${column}, ${row} to ${column + columns - 1}, ${row + rows - 1}`;
}
