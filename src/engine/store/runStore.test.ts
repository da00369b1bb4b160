import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Picture } from '../../protocol/engine.ts';
import type { RunManifest } from '../../protocol/manifest.ts';
import { decodePng, encodePng } from './picturePng.ts';
import { Store } from './store.ts';

const picture: Picture = {
  width: 8,
  height: 4,
  rgb: Uint8Array.from({ length: 96 }, (_, index) => (index * 37) % 256),
};
const readings = Uint8Array.of(1, 2, 3);
const manifest = (second: number): RunManifest => ({
  version: 1,
  prompt: 'a “red” apple 🍎 on grass',
  negativePrompt: '',
  seed: 2 ** 32 - 1,
  steps: 1,
  guidanceScale: 0,
  scheduler: 'EulerAncestralDiscreteScheduler',
  width: 8,
  height: 4,
  model: { id: 'tiny', hashes: { 'unet/model.onnx': 'ab' } },
  provider: 'cpu',
  versions: { featurescope: '0.1.0', onnxruntime: '1.30.0' },
  createdAt: `2026-01-01T00:00:${String(second).padStart(2, '0')}.000Z`,
  timingsMs: { total: 1.5 },
});

describe('picturePng', () => {
  it('carries pixels and manifest, emoji included, and nothing but ASCII in the chunk', () => {
    const png = encodePng(picture, manifest(1));
    const back = decodePng(png);
    assert.deepEqual(back.picture, picture);
    assert.deepEqual(back.manifest, manifest(1));
  });

  it('refuses noise and foreign PNGs in words', () => {
    assert.throws(() => decodePng(new Uint8Array(50)), { code: 'invalidInput' });
  });
});

describe('RunStore', () => {
  let dir: string;
  let store: Store;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'featurescope-store-'));
    store = new Store(dir);
  });
  afterEach(() => {
    store.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it('keeps runs, lists the newest first, pages, and gives the picture back', async () => {
    const kept = [];
    for (const second of [1, 2, 3])
      kept.push(await store.runs.keep(picture, manifest(second), readings));
    const ids = kept.map((run) => run.runId).reverse();
    assert.deepEqual(
      store.runs.list(2).map((run) => run.runId),
      ids.slice(0, 2),
    );
    assert.deepEqual(
      store.runs.list(2, ids[1]).map((run) => run.runId),
      ids.slice(2),
    );
    assert.deepEqual(store.runs.open(ids[0] ?? '').picture, picture);
    assert.equal(store.runs.usage(1).runCount, 3);
  });

  it('deletes with undo, and for good at the clean-up', async () => {
    const { runId, pngPath } = await store.runs.keep(picture, manifest(1), readings);
    store.runs.delete([runId]);
    assert.equal(store.runs.list(9).length, 0);
    store.runs.restore([runId]);
    assert.equal(store.runs.list(9).length, 1);
    store.runs.delete([runId]);
    assert.equal(store.runs.cleanUp(2 ** 30), 1);
    assert.throws(() => readFileSync(pngPath), { code: 'ENOENT' });
    assert.throws(() => store.runs.open(runId), { code: 'invalidInput' });
  });

  it('trims the oldest runs until the rest fits the quota', async () => {
    const runs = [];
    for (const second of [1, 2, 3])
      runs.push(await store.runs.keep(picture, manifest(second), readings));
    const twoRuns = (runs[1]?.sizeBytes ?? 0) + (runs[2]?.sizeBytes ?? 0);
    assert.equal(store.runs.cleanUp(twoRuns), 1);
    assert.deepEqual(
      store.runs.list(9).map((run) => run.runId),
      [runs[2]?.runId, runs[1]?.runId],
    );
  });

  it('finds runs again whose database was lost, and leaves foreign files alone', async () => {
    const { runId } = await store.runs.keep(picture, manifest(1), readings);
    store.close();
    for (const suffix of ['', '-wal', '-shm'])
      rmSync(join(dir, `featurescope.db${suffix}`), { force: true });
    writeFileSync(join(dir, 'runs', 'run-broken.png'), 'noise');
    store = new Store(dir);
    assert.deepEqual(
      store.runs.list(9).map((run) => run.runId),
      [runId],
    );
  });

  it('shares one folder between two windows', async () => {
    const other = new Store(dir);
    await Promise.all([
      store.runs.keep(picture, manifest(1), readings),
      other.runs.keep(picture, manifest(2), readings),
    ]);
    assert.equal(store.runs.list(9).length, 2);
    assert.equal(other.runs.list(9).length, 2);
    other.close();
  });

  it('never makes a path of what is no run id', () => {
    assert.throws(() => store.runs.open('../../etc/passwd'), { code: 'invalidInput' });
  });
});
