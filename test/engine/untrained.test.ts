import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cancelJob, resumeJob, startJob } from '../../src/protocol/jobs.ts';
import {
  planSpecialization,
  readSpecialization,
  specializeKind,
  type SpecializeParams,
} from '../../src/protocol/specialization.ts';
import type { SceneCodes } from '../../src/engine/lens/specialization/factors/sceneFile.ts';
import type { UntrainedScene } from '../../src/engine/lens/specialization/factors/untrainedFile.ts';
import type { ReportManifest } from '../../src/engine/lens/specialization/reportManifest.ts';
import { jobEnd } from '../support/collecting.ts';
import { embeddedModel, type EngineSession, startEngineSession } from '../support/engineSession.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/saeFile.ts';

const sceneCount = 40;

describe('the untrained U-net of chart 4', function () {
  this.timeout(240_000);
  this.slow(60_000);
  const place = temporaryFolder();
  let engine: EngineSession;

  before(() => {
    engine = startEngineSession({ threadCount: 1 });
  });
  after(async () => {
    await engine.stop();
    place.remove();
  });

  const params = (name: string): SpecializeParams => ({
    ...{ modelDir: embeddedModel, provider: 'cpu', dir: join(place.dir, name) },
    ...{ prompts: { grammar: null, seed: 1 }, promptCount: 8, charts: [4], blocks: ['mid.0'] },
    ...{ sceneCount, pairsMin: 5 },
  });
  const path = (name: string, file: string): string => join(place.dir, name, file);
  const textOf = (name: string, file: string): string => readFileSync(path(name, file), 'utf8');
  const linesOf = <T>(name: string, file: string): readonly T[] =>
    textOf(name, file)
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as T);
  const start = async (name: string): Promise<string> => {
    const begun = await engine.request(startJob, { kind: specializeKind, params: params(name) });
    return begun.jobId;
  };

  it('is measured on every scene, with figures of its own', async () => {
    const { pictureCount } = await engine.request(planSpecialization, params('whole'));
    await jobEnd(engine, await start('whole'));
    const scenes = linesOf<SceneCodes>('whole', 'scenes.jsonl');
    const untrained = linesOf<UntrainedScene>('whole', 'untrained.jsonl');
    const numbers = Array.from({ length: sceneCount }, (_, scene) => scene);
    assert.deepEqual(untrained.map(({ scene }) => scene), numbers); // prettier-ignore
    const factorCount = (pictureCount - 2 * sceneCount) / 1;
    assert.ok(factorCount > 0, String(pictureCount));
    for (const [scene, { blocks }] of untrained.entries()) {
      const own = blocks['mid.0'] ?? [];
      const trained = scenes[scene]?.blocks['mid.0']?.channels ?? [];
      assert.equal(own.length, trained.length);
      assert.ok(own.every((value) => value !== null));
      assert.ok(own.every((value, i) => value !== trained[i]));
    }
    // It looks at the picture: other noise, other figures.
    assert.notDeepEqual(untrained[0]?.blocks, untrained[1]?.blocks);
    const { chosen, settled } = JSON.parse(textOf('whole', 'specialization.json')) as ReportManifest; // prettier-ignore
    assert.ok(chosen.untrained && !('untrained' in settled));
    assert.ok(existsSync(path('whole', 'untrained/unet/model.onnx_data')));
    assert.ok(!existsSync(path('whole', 'untrained/saes')));
  });

  it('goes on after an interruption with what it has, and makes what is missing', async () => {
    const jobId = await start('broken');
    const written = (): number =>
      existsSync(path('broken', 'untrained.jsonl'))
        ? linesOf('broken', 'untrained.jsonl').length
        : 0;
    await eventually('a few runs', () => written() > 3, 120_000);
    await engine.request(cancelJob, { jobId });
    assert.ok(written() < sceneCount);
    // As a crash would leave it: half a line, and a folder that lacks a file.
    const text = textOf('broken', 'untrained.jsonl');
    writeFileSync(path('broken', 'untrained.jsonl'), `${text}{"scene":`);
    rmSync(path('broken', 'untrained/unet/model.onnx_data'));
    await engine.request(resumeJob, { jobId });
    await jobEnd(engine, jobId);
    for (const file of ['specialization.json', 'scenes.jsonl', 'untrained.jsonl', 'rows.jsonl']) {
      assert.equal(textOf('broken', file), textOf('whole', file), file);
    }
  });
});
