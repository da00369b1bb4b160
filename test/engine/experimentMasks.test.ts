import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { encode } from 'fast-png';
import { expandRuns } from '../../src/numerics/maskCells.ts';
import type { Experiment, FiledMask } from '../../src/protocol/experiment.ts';
import type { EditMask } from '../../src/protocol/recipe.ts';
import { readMaskPng } from '../../src/engine/store/maskPng.ts';
import { resolveExperiment } from '../../src/engine/lens/experiment/readExperiment.ts';

const side = 8;

describe('masks of experiments', () => {
  let outer: string;
  let dir: string;
  before(() => {
    outer = mkdtempSync(join(tmpdir(), 'featurescope-masks-'));
    dir = join(outer, 'inner');
    mkdirSync(join(dir, 'masks'), { recursive: true });
  });
  after(() => {
    rmSync(outer, { recursive: true });
  });

  const resolve = async (mask: FiledMask): Promise<EditMask | undefined> => {
    const experiment: Experiment = {
      version: 1,
      model: { id: 'm' },
      picture: {
        ...{ prompt: '', negativePrompt: '', seed: 0, steps: 1, guidanceScale: 0 },
        ...{ scheduler: 'EulerDiscreteScheduler', width: side, height: side },
      },
      variants: [{ id: 'v', edits: [{ kind: 'ablate', block: 'b', mask }] }],
    };
    return (await resolveExperiment(experiment, dir)).variants[0]?.recipe.edits[0]?.mask;
  };
  const write = (name: string, png: Uint8Array): void => {
    writeFileSync(join(dir, name), png);
  };
  const grey = new Uint8Array(side * side).map((_, pixel) => pixel);
  const png = (file: string): FiledMask => ({ kind: 'png', rule: 'fractional', file });

  it('fill their cells from runs', async () => {
    const cells = { kind: 'cellRuns', cellsHigh: 2, cellsWide: 2 } as const;
    assert.deepEqual(await resolve({ ...cells, runs: [1, 0, 3, 0.5] }), {
      ...{ kind: 'cells', cellsHigh: 2, cellsWide: 2, weights: [0, 0.5, 0.5, 0.5] },
    });
    await assert.rejects(resolve({ ...cells, runs: [3, 1] }), /have 3 cells; it has 4/);
    await assert.rejects(resolve({ ...cells, runs: [5, 1] }), /Run 0 .* 5 cells of 1 .* of 4/);
    await assert.rejects(resolve({ ...cells, runs: [4, 2] }), /weights are 0 to 1/);
    await assert.rejects(
      resolve({ kind: 'cellRuns', cellsHigh: 16_384, cellsWide: 16_384, runs: [2 ** 28, 1] }),
      /cells/,
    );
  });

  it('come from a PNG: brightness times opacity', async () => {
    const size = { width: side, height: side, depth: 8 } as const;
    write('masks/grey.png', encode({ ...size, data: grey, channels: 1 }));
    const rgba = Uint8Array.from({ length: side * side * 4 }, (_, i) =>
      i % 4 === 3 ? (i < side * 4 ? 0 : 255) : (grey[Math.floor(i / 4)] ?? 0),
    );
    write('rgba.png', encode({ ...size, data: rgba, channels: 4 }));
    const pixelsOf = (mask: EditMask | undefined): number[] =>
      mask?.kind === 'pixels' ? [...expandRuns(mask)] : [];
    assert.deepEqual(pixelsOf(await resolve(png('masks/grey.png'))), [...grey]);
    const clear = grey.map((value, pixel) => (pixel < side ? 0 : value));
    assert.deepEqual(pixelsOf(await resolve(png('rgba.png'))), [...clear]);
  });

  it('lie in the folder, are as large as the picture, and no bomb', async () => {
    const small = encode({ width: 2, height: 2, depth: 8, channels: 1, data: new Uint8Array(4) });
    writeFileSync(join(outer, 'secret.png'), small);
    symlinkSync(join(outer, 'secret.png'), join(dir, 'link.png'));
    for (const file of ['../secret.png', join(outer, 'secret.png'), 'link.png', 'C:\\a', '..\\a']) {
      await assert.rejects(resolve(png(file)), /lies outside of the experiment's folder/, file);
    }
    await assert.rejects(resolve(png('missing.png')), /Cannot read the mask .*missing\.png/);
    write('small.png', small);
    await assert.rejects(resolve(png('small.png')), /2 x 2 pixels; the picture has 8 x 8/);
    write('text.png', new TextEncoder().encode('no picture at all'));
    await assert.rejects(resolve(png('text.png')), /The mask is not a PNG/);
    const cut = small.slice(0, 40);
    assert.throws(() => readMaskPng(cut), /not a readable PNG/);
    const large = Uint8Array.from(small);
    new DataView(large.buffer).setUint32(16, 2 ** 31 - 1);
    assert.throws(() => readMaskPng(large), /2147483647 x 2 pixels; allowed are/);
    // Ten megabytes of pixels where four bytes are due.
    const packed = deflateSync(new Uint8Array(10 * 2 ** 20));
    const bomb = new Uint8Array(33 + 12 + packed.length);
    bomb.set(small.subarray(0, 33));
    new DataView(bomb.buffer).setUint32(33, packed.length);
    bomb.set(new TextEncoder().encode('IDAT'), 37);
    bomb.set(packed, 41);
    assert.throws(() => readMaskPng(bomb), /not a readable PNG/);
  });
});
