import assert from 'node:assert/strict';
import { cropAround } from './crop.ts';

describe('cropAround', () => {
  const grid = { cellsWide: 16, cellsHigh: 8 };

  it('has the cell in the middle', () => {
    const { x, y, width, height } = cropAround(4 * 16 + 8, grid);
    assert.equal(x + width / 2, 8.5 / 16);
    assert.equal(y + height / 2, 4.5 / 8);
  });

  it('never leaves the picture', () => {
    for (let cell = 0; cell < 16 * 8; cell++) {
      const { x, y, width, height } = cropAround(cell, grid);
      assert.ok(x >= 0 && y >= 0 && x + width <= 1 && y + height <= 1, `${cell}`);
      const column = ((cell % 16) + 0.5) / 16;
      assert.ok(column > x && column < x + width, `${cell}`);
    }
  });
});
