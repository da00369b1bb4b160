import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readModelFolder } from '../../src/engine/models/modelFolder.ts';
import { createOrt } from '../../src/engine/ort/ortClient.ts';
import type { Ort, OrtSession } from '../../src/engine/ort/ort.ts';
import type { PictureRequest } from '../../src/engine/pipeline/checkRequest.ts';
import { createPipeline } from '../../src/engine/pipeline/generate.ts';
import { largestDifference } from '../support/golden.ts';
import { embeddedModel } from '../support/engineSession.ts';
import { soakCount } from '../support/soak.ts';

const request: PictureRequest = {
  ...{ prompt: 'a cat on grass', negativePrompt: 'a dog', seed: 3, steps: 2, guidanceScale: 5 },
  ...{ scheduler: 'EulerAncestralDiscreteScheduler', width: 64, height: 64 },
};
const options = { provider: 'cpu', threadCount: 1 } as const;

describe('a model with less memory', () => {
  let ort: Ort;
  let pids: number[];
  let sessions: OrtSession[];

  before(() => {
    pids = [];
    sessions = [];
    const client = createOrt({
      runnerPath: join(import.meta.dirname, '..', '..', 'dist', 'runner.cjs'),
      // Freed blocks go back to the system at once, so that what grows is held: the allocator keeps 50 MB of them.
      environment: () => ({ MALLOC_MMAP_THRESHOLD_: '262144' }),
      onLog: ({ text }) =>
        pids.push(...[/^started, pid (\d+)/.exec(text)?.[1] ?? []].flat().map(Number)),
    });
    ort = {
      ...client,
      createSession: async (params, signal) => {
        const session = await client.createSession(params, signal);
        sessions.push(session);
        return session;
      },
    };
  });
  after(() => ort.stop());

  const aliveCount = (): number => sessions.filter(({ isAlive }) => isAlive).length;

  it('makes the same picture with its text encoders unloaded and its rows one after another', async () => {
    const model = await readModelFolder(embeddedModel);
    const usual = createPipeline(model, ort, options);
    const wanted = await usual.generate(request);
    const usualCount = aliveCount();
    await usual.release();
    assert.equal(aliveCount(), 0);

    const frugal = createPipeline(model, ort, { ...options, memoryBytesMax: 1 });
    const { picture } = await frugal.generate(request);
    assert.equal(aliveCount(), usualCount - model.textEncoders.length);
    // float32: a product of one row is summed in another order than that of two.
    assert.ok(largestDifference(picture.rgb, wanted.picture.rgb) <= 1);
    const before = sessions.length;
    await frugal.generate({ ...request, seed: 4 });
    assert.equal(sessions.length, before, 'a prompt that was encoded needs no text encoder');
    await frugal.release();
    assert.equal(aliveCount(), 0);
  });

  it('tells which of the U-net’s sessions is loaded, and nothing of those that are there', async () => {
    const pipeline = createPipeline(await readModelFolder(embeddedModel), ort, options);
    const partsOf = async (seed: number): Promise<string[]> => {
      const parts: string[] = [];
      await pipeline.generate(
        { ...request, seed },
        {
          progress: (each) => {
            if (each.phase === 'loading' && each.part.startsWith('unet,')) parts.push(each.part);
          },
        },
      );
      return parts;
    };
    const parts = await partsOf(1);
    const { segmentCount } = pipeline.editing;
    assert.ok(segmentCount > 1);
    const wanted = Array.from(
      { length: segmentCount },
      (_, i) => `unet, ${i + 1} of ${segmentCount}`,
    );
    assert.deepEqual(parts, wanted);
    assert.deepEqual(await partsOf(2), []);
    await pipeline.release();
  });

  it('is loaded and released again and again in the same memory', async function () {
    const cycleCount = soakCount(3, 150);
    this.timeout(cycleCount * 30_000);
    const model = await readModelFolder(embeddedModel);
    const sizes: number[] = [];
    for (let cycle = 0; cycle < cycleCount; cycle++) {
      const pipeline = createPipeline(model, ort, options);
      await pipeline.generate({ ...request, steps: 1 });
      await pipeline.release();
      assert.equal(aliveCount(), 0);
      sizes.push(residentBytes(pids.at(-1) ?? 0));
    }
    assert.equal(pids.length, 1, 'the runner lives on');
    if (cycleCount < 150 || sizes.includes(0)) return;
    const inMb = sizes.map((size) => Math.round(size / 2 ** 20)).join(', ');
    const words = `MB after each release: ${inMb}`;
    const largest = Math.max(...sizes);
    assert.ok(largest - sizes[10]! < model.description.sizeBytes, words);
    // V8 compiles and settles for some 70 cycles, 20 MB in steps; from there on nothing may grow.
    const settled = sizes.slice(80);
    const growth = Math.max(...settled.slice(-20)) - Math.max(...settled.slice(0, 20));
    assert.ok(growth < 0.02 * largest, words);
    this.test!.title += ` (MB: ${inMb})`;
  });
});

/** Memory of a process; 0 where the system does not tell. */
function residentBytes(pid: number): number {
  const path = `/proc/${String(pid)}/status`;
  if (!existsSync(path)) return 0;
  return 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(path, 'utf8'))?.[1] ?? 0);
}
