import assert from 'node:assert/strict';
import fc from 'fast-check';
import { encodeRuns, expandRuns, maskCells } from './maskCells.ts';

const masks = fc
  .record({ cells: fc.integer({ min: 1, max: 9 }), block: fc.integer({ min: 1, max: 6 }) })
  .chain(({ cells, block }) =>
    fc.record({
      cells: fc.constant(cells),
      block: fc.constant(block),
      pixels: fc.uint8Array({ minLength: (cells * block) ** 2, maxLength: (cells * block) ** 2 }),
      share: fc.nat({ max: 255 }),
    }),
  );

describe('maskCells', () => {
  it('gives the block mean, and marks the cells whose mean is above 0, on 200 random masks', () => {
    fc.assert(
      fc.property(masks, ({ cells, block, pixels, share }) => {
        const side = cells * block;
        // Mostly empty and mostly full masks come up too.
        const painted = pixels.map((value) => (value > share ? value : 0));
        const mask = {
          kind: 'pixels',
          width: side,
          height: side,
          runs: encodeRuns(painted),
        } as const;
        const fractional = maskCells({ ...mask, rule: 'fractional' }, cells, cells);
        const binary = maskCells({ ...mask, rule: 'binary' }, cells, cells);
        for (let cell = 0; cell < cells * cells; cell++) {
          const [top, left] = [Math.floor(cell / cells) * block, (cell % cells) * block];
          let sum = 0;
          for (let y = top; y < top + block; y++) {
            for (let x = left; x < left + block; x++) sum += painted[y * side + x]!;
          }
          const mean = sum / block ** 2 / 255;
          // float32 of a mean.
          assert.ok(Math.abs(fractional[cell]! - mean) <= 1e-6);
          assert.equal(binary[cell], mean > 0 ? 1 : 0);
          assert.equal(fractional[cell]! > 0, mean > 0);
        }
      }),
      { numRuns: 200, seed: 6 },
    );
  });

  it('shares pixels between cells where one count does not divide the other', () => {
    const mask = { kind: 'pixels', rule: 'fractional', width: 3, height: 1 } as const;
    const cells = maskCells({ ...mask, runs: [1, 255, 2, 0] }, 1, 2);
    assert.ok(Math.abs(cells[0]! - 2 / 3) < 1e-6);
    assert.equal(cells[1], 0);
  });

  it('takes a mask of cells to a finer and a coarser grid', () => {
    const mask = { kind: 'cells', cellsHigh: 2, cellsWide: 2, weights: [1, 0, 0.5, 0] } as const;
    assert.deepEqual(Array.from(maskCells(mask, 1, 1)), [0.375]);
    assert.deepEqual(Array.from(maskCells(mask, 2, 4)), [1, 1, 0, 0, 0.5, 0.5, 0, 0]);
  });

  it('packs a picture into runs and back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 12, maxLength: 12 }), (pixels) => {
        const runs = encodeRuns(pixels);
        assert.deepEqual(expandRuns({ width: 4, height: 3, runs }), pixels);
      }),
    );
  });

  it('refuses runs and weights that do not fit', () => {
    const mask = { kind: 'pixels', rule: 'binary', width: 2, height: 2 } as const;
    assert.throws(() => maskCells({ ...mask, runs: [3, 0] }, 1, 1), /3 pixels/);
    assert.throws(() => maskCells({ ...mask, runs: [5, 0] }, 1, 1), /Run 0/);
    assert.throws(() => maskCells({ ...mask, runs: [4, 256] }, 1, 1), /256/);
    assert.throws(() => maskCells({ ...mask, runs: [4, NaN] }, 1, 1), /NaN|-1/);
    const cells = { kind: 'cells', cellsHigh: 1, cellsWide: 2 } as const;
    assert.throws(() => maskCells({ ...cells, weights: [1] }, 1, 1), /1 weights/);
    assert.throws(() => maskCells({ ...cells, weights: [1, 1.5] }, 1, 1), /1.5/);
    assert.throws(() => maskCells({ ...cells, weights: [1, NaN] }, 1, 1), /NaN/);
  });
});
