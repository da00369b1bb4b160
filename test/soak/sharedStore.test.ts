import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  deleteRuns,
  generatePicture,
  listRuns,
  openRun,
  restoreRuns,
} from '../../src/protocol/engine.ts';
import { type EngineSession, smallRequest, startEngineSession } from '../support/engineSession.ts';
import { soakCount } from '../support/soak.ts';

const pictureCount = soakCount(6, 500);

describe(`two windows that share a store, ${pictureCount} pictures each`, function () {
  this.timeout(60_000 + pictureCount * 10_000);
  this.slow(pictureCount * 5000);
  let storageDir: string;
  let windows: readonly [EngineSession, EngineSession];

  before(() => {
    storageDir = mkdtempSync(join(tmpdir(), 'featurescope-'));
    windows = [startEngineSession({ storageDir }), startEngineSession({ storageDir })];
  });
  after(async () => {
    await Promise.all(windows.map((engine) => engine.stop()));
    rmSync(storageDir, { recursive: true, force: true });
  });

  it('keep, delete and restore runs at the same time, and both see all of them', async () => {
    const kept = (await Promise.all(windows.map(keepAndShuffle))).flat();
    const lists = await Promise.all(
      windows.map((engine) => engine.request(listRuns, { limit: 100_000 })),
    );
    const [ids, others] = lists.map(({ runs }) => runs.map(({ runId }) => runId).sort());
    assert.deepEqual(ids, [...kept].sort());
    assert.deepEqual(others, ids);
    assert.equal(new Set(ids).size, pictureCount * 2);
    const [one] = windows;
    for (const runId of kept) await one.request(openRun, { runId });
  });
});

/** Keeps pictures one after the other; every second one is deleted and restored at once. */
async function keepAndShuffle(engine: EngineSession, windowIndex: number): Promise<string[]> {
  const kept: string[] = [];
  for (let index = 0; index < pictureCount; index++) {
    const seed = windowIndex * pictureCount + index;
    const made = await engine.request(generatePicture, { ...smallRequest, seed, keep: true });
    assert.ok(made.runId, made.keepFailure?.message);
    kept.push(made.runId);
    if (index % 2 === 0) continue;
    await engine.request(deleteRuns, { runIds: [made.runId] });
    await engine.request(restoreRuns, { runIds: [made.runId] });
  }
  return kept;
}
