import type { CellRectangle as Bounds } from '../../src/numerics/codes.ts';
import type { CellGrid, CellRectangle } from '../shared/picture/cells.ts';

/** Cells that were chosen in the picture, in the grid that they were chosen in. */
export interface Area {
  readonly rectangle: CellRectangle;
  readonly grid: CellGrid;
}

export const isOneCell = ({ rectangle }: Area): boolean =>
  rectangle.columns === 1 && rectangle.rows === 1;

/** The same part of the picture in another block's cells; cells that it only touches count. */
export function boundsIn(grid: CellGrid, { rectangle, grid: own }: Area): Bounds {
  const { column, row, columns, rows } = rectangle;
  return {
    left: Math.floor((column * grid.cellsWide) / own.cellsWide),
    top: Math.floor((row * grid.cellsHigh) / own.cellsHigh),
    right: Math.ceil(((column + columns) * grid.cellsWide) / own.cellsWide),
    bottom: Math.ceil(((row + rows) * grid.cellsHigh) / own.cellsHigh),
  };
}

/** Index of the cell of another block's grid that lies under the middle of a chosen cell. */
export function cellIn(grid: CellGrid, { rectangle, grid: own }: Area): number {
  const column = Math.floor(((rectangle.column + 0.5) * grid.cellsWide) / own.cellsWide);
  const row = Math.floor(((rectangle.row + 0.5) * grid.cellsHigh) / own.cellsHigh);
  return row * grid.cellsWide + column;
}

/** What is outlined in a picture whose cells are those of `grid`. */
export function rectangleIn(grid: CellGrid, area: Area): CellRectangle {
  const { left, top, right, bottom } = boundsIn(grid, area);
  return { column: left, row: top, columns: right - left, rows: bottom - top };
}
