import assert from 'node:assert/strict';
import fc from 'fast-check';
import { cellAt, cellWords, corners, moveCell, nearestCell, rectangleBetween } from './cells.ts';

const grid = { cellsWide: 8, cellsHigh: 4 };

describe('cells', () => {
  it('are found under a point, and not beside the picture', () => {
    assert.deepEqual(cellAt(grid, { x: 0, y: 0 }), { column: 0, row: 0 });
    assert.deepEqual(cellAt(grid, { x: 0.999, y: 0.5 }), { column: 7, row: 2 });
    assert.equal(cellAt(grid, { x: 1, y: 0.5 }), undefined);
    assert.deepEqual(nearestCell(grid, { x: 1.5, y: -2 }), { column: 7, row: 0 });
  });

  it('stay in the grid when moved', () => {
    assert.deepEqual(moveCell(grid, { column: 0, row: 3 }, -1, 1), { column: 0, row: 3 });
  });

  it('span the same rectangle from any corner', () => {
    const cell = fc.record({ column: fc.nat(7), row: fc.nat(3) });
    fc.assert(
      fc.property(cell, cell, (one, other) => {
        const rectangle = rectangleBetween(one, other);
        assert.deepEqual(rectangle, rectangleBetween(other, one));
        const { from, to } = corners(grid, rectangle);
        for (const { column, row } of [one, other]) {
          assert.ok(column / 8 >= from.x && (column + 1) / 8 <= to.x);
          assert.ok(row / 4 >= from.y && (row + 1) / 4 <= to.y);
        }
      }),
    );
  });

  it('are named by column and row', () => {
    assert.equal(cellWords({ column: 3, row: 1, columns: 1, rows: 1 }), 'Cell 3, 1');
    assert.equal(cellWords({ column: 3, row: 1, columns: 2, rows: 3 }), 'Cells 3, 1 to 4, 3');
  });
});
