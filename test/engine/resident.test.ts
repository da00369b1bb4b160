import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, type Engine } from '../../src/engine/engine.ts';
import { generatePicture } from '../../src/protocol/engine.ts';
import { freeMemory, readResident, type Resident } from '../../src/protocol/resident.ts';
import { embeddedModel, smallRequest } from '../support/engineSession.ts';
import { eventually } from '../support/eventually.ts';

const params = {
  ...{ ...smallRequest, width: 64, height: 64 },
  ...{ modelDir: embeddedModel, provider: 'cpu' as const, keep: false },
};

describe('what is in memory', function () {
  this.timeout(120_000);
  let storageDir: string;
  let engine: Engine | undefined;

  beforeEach(() => {
    storageDir = mkdtempSync(join(tmpdir(), 'resident-'));
  });
  afterEach(async () => {
    await engine?.stop();
    rmSync(storageDir, { recursive: true });
  });
  const start = (idleMinutes: number): Engine => {
    const extensionDir = join(import.meta.dirname, '..', '..');
    engine = createEngine({ extensionDir, storageDir, idleMinutes });
    return engine;
  };
  const nothing: Resident = { model: null, runner: null };

  it('is told, and comes back when the model is unloaded; the next picture is the same', async () => {
    const own = start(0);
    assert.deepEqual(await own.request(readResident, null), nothing);
    const { picture } = await own.request(generatePicture, params);
    const { model, runner } = await own.request(readResident, null);
    assert.deepEqual([model?.dir, model?.provider], [embeddedModel, 'cpu']);
    assert.ok(runner !== null && runner !== 'working');
    assert.ok(runner.sessionCount > 1 && runner.residentBytes > 10e6);
    await own.request(freeMemory, null);
    assert.deepEqual(await own.request(readResident, null), nothing);
    assert.deepEqual((await own.request(generatePicture, params)).picture.rgb, picture.rgb);
  });

  it('is given back by itself when nothing was done for a while', async () => {
    const own = start(0.001);
    await own.request(generatePicture, params);
    await eventually('an empty memory', async () => {
      const { model, runner } = await own.request(readResident, null);
      return model === null && runner === null;
    });
    await own.request(generatePicture, params);
  });
});
