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
import type { ReportRow } from '../../src/engine/lens/specialization/reportRows.ts';
import type { ReportManifest } from '../../src/engine/lens/specialization/reportManifest.ts';
import { TensorProto_DataLocation } from '../../src/engine/onnx/generated/onnx_pb.js';
import { changeGraph, withFields } from '../../src/engine/onnx/graph.ts';
import { readGraph } from '../../src/engine/onnx/readGraph.ts';
import { writeGraph } from '../../src/engine/onnx/writeGraph.ts';
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
  const linesOf = (name: string, file: string): readonly unknown[] =>
    textOf(name, file)
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as unknown);
  const rowsOf = (name: string): ReportRow[] => linesOf(name, 'rows.jsonl') as ReportRow[];
  /** Pictures for objects' cells, and nouns that are scored. */
  const maskCount = (name: string): number => {
    const { settled } = JSON.parse(textOf(name, 'specialization.json')) as ReportManifest;
    return sceneCount + (settled.masks?.nouns.length ?? NaN);
  };
  const start = async (name: string): Promise<string> => {
    const begun = await engine.request(startJob, { kind: specializeKind, params: params(name) });
    return begun.jobId;
  };

  it('is measured on every scene, with figures of its own', async () => {
    const { pictureCount } = await engine.request(planSpecialization, params('whole'));
    await jobEnd(engine, await start('whole'));
    const scenes = linesOf('whole', 'scenes.jsonl') as SceneCodes[];
    const untrained = linesOf('whole', 'untrained.jsonl') as UntrainedScene[];
    const numbers = Array.from({ length: sceneCount }, (_, scene) => scene);
    assert.deepEqual(untrained.map(({ scene }) => scene), numbers); // prettier-ignore
    const rows = rowsOf('whole').filter((row) => row.kind === 'score');
    assert.equal(pictureCount, 2 * sceneCount + rows.length + maskCount('whole'));
    assert.ok(rows.length >= 3 && rows.every((row) => row.untrained && row.channel.value > 0));
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
    assert.deepEqual(await marksOfControl('whole'), rows.map(({ untrained: arm }) => arm?.value)); // prettier-ignore
  });

  const marksOfControl = async (name: string): Promise<readonly number[] | undefined> => {
    const { report } = await engine.request(readSpecialization, { dir: join(place.dir, name) });
    assert.deepEqual([report?.charts.map(({ id }) => id), report?.missing], [[4], []]);
    const facet = report?.charts[0]?.facets.find(({ title }) => title.includes('untrained'));
    return facet?.series.flatMap(({ marks }) => marks.map(({ y }) => y));
  };

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

  it('a U-net that cannot be shuffled is said to be the reason', async () => {
    const modelDir = join(place.dir, 'quantised');
    cpSync(embeddedModel, modelDir, { recursive: true });
    const file = join(modelDir, 'unet', 'model.onnx');
    const graph = readGraph(readFileSync(file));
    const [template] = graph.initializers.values();
    const fields = {
      ...{ name: 'quantised', dims: [2n, 2n], dataType: 3, rawData: new Uint8Array(4) },
      ...{ dataLocation: TensorProto_DataLocation.DEFAULT, externalData: [] },
    };
    const initializer = [...graph.initializers.values(), withFields(template!, fields)];
    writeFileSync(file, writeGraph(changeGraph(graph, { initializer })));
    const own = { ...params('without'), modelDir };
    const pattern = /^The untrained U-net of chart 4 is absent: its weight "quantised" is neither/;
    const plan = await engine.request(planSpecialization, own);
    assert.match(plan.absent.join(), pattern);
    const { jobId } = await engine.request(startJob, { kind: specializeKind, params: own });
    await jobEnd(engine, jobId);
    const { report } = await engine.request(readSpecialization, { jobId });
    assert.match(report?.notes.join() ?? '', pattern);
    assert.equal(await marksOfControl('without'), undefined);
    assert.ok(!existsSync(path('without', 'untrained')));
  });
});
