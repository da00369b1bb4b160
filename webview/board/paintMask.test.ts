import assert from 'node:assert/strict';
import fc from 'fast-check';
import { maskCells } from '../../src/numerics/maskCells.ts';
import {
  brushed,
  coverage,
  emptyMask,
  filled,
  inverted,
  maskOf,
  softened,
  thresholded,
  toEditMask,
  toggled,
  type PaintMask,
} from './paintMask.ts';

const size = 32;
const grid = { cellsWide: 4, cellsHigh: 4 };
const empty = emptyMask(size, size);
const hard = { radius: 6, softness: 0, isErasing: false };
const middle = { x: 0.5, y: 0.5 };
const painted = fc
  .uint8Array({ minLength: size * size, maxLength: size * size })
  .map((values): PaintMask => ({ width: size, height: size, values }));

describe('painted masks', () => {
  it('come back from a recipe as they were painted', () => {
    fc.assert(
      fc.property(painted, (mask) => {
        assert.deepEqual(maskOf(toEditMask(mask, 'fractional'), size, size), mask);
      }),
    );
  });

  it('weigh a cell by the mean of its pixels, or by whether it is touched', () => {
    fc.assert(
      fc.property(painted, (mask) => {
        const fractional = maskCells(toEditMask(mask, 'fractional'), 4, 4);
        const binary = maskCells(toEditMask(mask, 'binary'), 4, 4);
        for (let cell = 0; cell < 16; cell++) {
          let sum = 0;
          for (let y = 0; y < 8; y++) {
            for (let x = 0; x < 8; x++) {
              sum += mask.values[(Math.floor(cell / 4) * 8 + y) * size + (cell % 4) * 8 + x]!;
            }
          }
          // Whole numbers are summed; one float32 rounding.
          assert.ok(Math.abs(fractional[cell]! - sum / 64 / 255) <= 1e-7);
          assert.equal(binary[cell], sum > 0 ? 1 : 0);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('a brush paints a disc, a stroke the way between two points, and erases', () => {
    const dot = brushed(empty, middle, middle, hard);
    const area = dot.values.filter((value) => value > 0).length;
    assert.ok(Math.abs(area - Math.PI * 36) < 12, `${area} pixels`);
    assert.ok(dot.values.every((value) => value === 0 || value === 255));
    const stroke = brushed(empty, { x: 0.25, y: 0.5 }, { x: 0.75, y: 0.5 }, hard);
    assert.equal(stroke.values[16 * size + 16], 255);
    const erased = brushed(
      stroke,
      { x: 0, y: 0.5 },
      { x: 1, y: 0.5 },
      { ...hard, radius: 8, isErasing: true },
    );
    assert.equal(coverage(erased), 0);
    assert.equal(coverage(empty), 0);
  });

  it('a soft brush fades to its edge, and a second stroke never takes paint away', () => {
    const soft = { ...hard, softness: 1 };
    const dot = brushed(empty, middle, middle, soft);
    const row = dot.values.subarray(16 * size + 16, 16 * size + 23);
    for (let at = 1; at < row.length; at++) assert.ok(row[at]! <= row[at - 1]!);
    assert.ok(row[3]! > 0 && row[3]! < 255);
    const twice = brushed(dot, { x: 0.6, y: 0.5 }, { x: 0.6, y: 0.5 }, soft);
    twice.values.forEach((value, at) => {
      assert.ok(value >= dot.values[at]!);
    });
  });

  it('cells are filled, cleared and toggled whole', () => {
    const cells = filled(empty, grid, { column: 1, row: 2, columns: 2, rows: 1 }, 255);
    assert.deepEqual(
      [...maskCells(toEditMask(cells, 'fractional'), 4, 4)].flatMap((weight, cell) =>
        weight > 0 ? [[cell, weight]] : [],
      ),
      [
        [9, 1],
        [10, 1],
      ],
    );
    const cell = { column: 1, row: 2 };
    assert.equal(coverage(toggled(cells, grid, cell)), 1 / 16);
    assert.deepEqual(toggled(toggled(empty, grid, cell), grid, cell), empty);
  });

  it('a threshold takes the cells at or above it, never inactive ones', () => {
    const heat = Float32Array.from({ length: 16 }, (_, cell) => cell);
    const mask = thresholded(empty, grid, heat, 8);
    assert.equal(coverage(mask), 0.5);
    assert.equal(coverage(thresholded(empty, grid, heat, 0)), 15 / 16);
  });

  it('inverting twice changes nothing; softening keeps the amount and spreads it', () => {
    fc.assert(
      fc.property(painted, (mask) => {
        assert.deepEqual(inverted(inverted(mask)), mask);
      }),
    );
    const dot = brushed(empty, middle, middle, hard);
    const soft = softened(dot, 3);
    // Rounding to whole values: half a step a pixel at most, which mostly evens out.
    assert.ok(Math.abs(coverage(soft) - coverage(dot)) < 0.002);
    assert.ok(soft.values.some((value) => value > 0 && value < 255));
  });

  it('masks of cells or of another size are brought to the picture', () => {
    const weights = [0, 1, 0.5, 0];
    const cells = maskOf({ kind: 'cells', cellsHigh: 2, cellsWide: 2, weights }, size, size);
    assert.equal(coverage(cells), (255 + 128) / 4 / 255);
    const small = toEditMask(
      filled(emptyMask(8, 8), grid, { column: 0, row: 0, columns: 1, rows: 1 }, 255),
      'binary',
    );
    assert.equal(coverage(maskOf(small, size, size)), 1 / 16);
  });
});
