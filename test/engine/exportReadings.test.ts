import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, type Engine } from '../../src/engine/engine.ts';
import { openSafetensors } from '../../src/engine/models/safetensors.ts';
import { readFloat32 } from '../../src/engine/models/sae/storedTensor.ts';
import { generatePicture } from '../../src/protocol/engine.ts';
import {
  exportPictureReadings,
  exportReadings,
  type RereadBlock,
} from '../../src/protocol/features.ts';
import { exportSaeFiles, importSaeFiles, removeSae } from '../../src/protocol/saes.ts';
import { embeddedModel as modelDir, smallRequest } from '../support/engineSession.ts';

const root = join(import.meta.dirname, '..', '..');
const steps = 2;
const request = { ...smallRequest, steps, guidanceScale: 4, keep: true };
const updates = { modelDir, provider: 'cpu' } as const;

describe('codes and ΔD of a run as safetensors', function () {
  this.timeout(60_000);
  this.slow(5000);
  let dir: string;
  let engine: Engine;
  let runId: string;
  const inside = (name: string): string => join(dir, name);

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'featurescope-export-'));
    const storageDir = inside('storage');
    engine = createEngine({ extensionDir: root, storageDir, threadCount: 1 });
    runId = (await engine.request(generatePicture, request)).runId ?? assert.fail();
  });
  after(async () => {
    await engine.stop();
    rmSync(dir, { recursive: true });
  });

  /** Every cell's ‖ΔD‖ from the file's own ΔD, against what the run had read. */
  async function compareNorms(path: string): Promise<number> {
    const file = await openSafetensors(path);
    try {
      const read = async (name: string) => {
        const tensor = file.tensors.get(name) ?? assert.fail(name);
        return { shape: tensor.shape, values: await readFloat32(tensor) };
      };
      let worst = 0;
      for (const block of ['down.2.1', 'mid.0', 'up.0.0', 'up.0.1']) {
        for (let step = 0; step < steps; step++) {
          const update = await read(`${block}/${step}/update`);
          const norm = await read(`${block}/${step}/norm`);
          const cells = norm.values.length;
          assert.equal(update.shape[1]! * update.shape[2]!, cells);
          const largest = Math.max(...norm.values);
          for (let cell = 0; cell < cells; cell++) {
            const column = Array.from(
              { length: update.shape[0]! },
              (_, channel) => update.values[channel * cells + cell]!,
            );
            const difference = Math.abs(Math.hypot(...column) - norm.values[cell]!);
            worst = Math.max(worst, difference / largest);
          }
        }
      }
      return worst;
    } finally {
      await file.close();
    }
  }

  it('is the kept file where ΔD is not asked for', async () => {
    const path = inside('codes.safetensors');
    assert.deepEqual(await engine.request(exportReadings, { runId, path }), { path });
    const kept = join(dir, 'storage', 'runs', `${runId}.safetensors`);
    assert.deepEqual(readFileSync(path), readFileSync(kept));
  });

  it('adds ΔD from the same picture made again, and says that it read the same', async () => {
    const path = inside('updates.safetensors');
    const seen: string[] = [];
    const { reread = [] } = await engine.request(
      exportReadings,
      { runId, path, updates },
      { onProgress: ({ phase }) => seen.push(phase) },
    );
    assert.deepEqual(
      reread.map(({ block, isSameSae, isEqual }) => [block, isSameSae, isEqual]),
      ['down.2.1', 'mid.0', 'up.0.0', 'up.0.1'].map((block) => [block, true, true]),
    );
    assert.ok(seen.includes('denoising') && seen.at(-1) === 'saving', seen.join());
    // f32: ONNX Runtime sums the squares in another order than this test.
    assert.ok((await compareNorms(path)) < 1e-5);
    const file = await openSafetensors(path);
    const record = JSON.parse(file.metadata.get('reread') ?? '[]') as RereadBlock[];
    await file.close();
    assert.deepEqual(record, reread);
  });

  it('says so when another SAE is used by now; ΔD is the same all the same', async () => {
    const source = inside('sae');
    const saeId = 'model.mid.0';
    const path = source;
    await engine.request(exportSaeFiles, { modelDir, saeId, format: 'safetensors', path });
    const made = await engine.request(importSaeFiles, {
      ...{ modelDir, path: source, answers: {}, storage: 'float16' },
    });
    try {
      const out = inside('other.safetensors');
      const { reread = [] } = await engine.request(exportReadings, { runId, path: out, updates });
      const mid = reread.find(({ block }) => block === 'mid.0');
      assert.deepEqual(mid, {
        ...{ block: 'mid.0', isSameSae: false, isEqual: true, largestDifference: 0 },
      });
    } finally {
      await engine.request(removeSae, { modelDir, saeId: made.saeId });
    }
  });

  it('refuses another model, a run that is not there and a place that cannot be written', async () => {
    const copy = inside('mini');
    cpSync(modelDir, copy, { recursive: true });
    writeFileSync(join(copy, 'unet', 'note.json'), '{}');
    const path = inside('x.safetensors');
    const other = { ...updates, modelDir: copy };
    await assert.rejects(engine.request(exportReadings, { runId, path, updates: other }), {
      code: 'invalidInput',
      message: /made with another unet\/note.json \(model "/,
    });
    const params = { runId, path: join(dir, 'missing', 'x.safetensors'), updates };
    await assert.rejects(engine.request(exportReadings, params), {
      code: 'invalidInput',
      message: /the folder does not exist/,
    });
    await assert.rejects(engine.request(exportReadings, { runId: 'run-1', path, updates }), {
      code: 'invalidInput',
    });
  });

  it('does the same for a picture that was not kept, and says when it is another one', async () => {
    const picture = { ...request, keep: false };
    const { readings } = await engine.request(generatePicture, picture);
    const path = inside('picture.safetensors');
    const params = { picture, readings, path, withUpdates: true };
    const { reread = [] } = await engine.request(exportPictureReadings, params);
    assert.ok(reread.every(({ isEqual }) => isEqual));
    const another = { ...params, picture: { ...picture, seed: picture.seed + 1 } };
    const told = (await engine.request(exportPictureReadings, another)).reread ?? [];
    assert.ok(told.every(({ isEqual, largestDifference }) => !isEqual && largestDifference > 0.01));
    await assert.rejects(engine.request(exportPictureReadings, { ...params, readings: [] }), {
      code: 'invalidInput',
      message: /without SAEs/,
    });
  });
});
