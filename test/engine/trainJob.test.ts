import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { collectKind } from '../../src/protocol/collect.ts';
import { cancelJob, listJobs, resumeJob, startJob } from '../../src/protocol/jobs.ts';
import {
  describeTrainingSet,
  planTraining,
  readTraining,
  trainKind,
  type TrainParams,
} from '../../src/protocol/training.ts';
import { importSaeFiles } from '../../src/protocol/saes.ts';
import { jobEnd } from '../support/collecting.ts';
import { embeddedModel, type EngineSession, startEngineSession } from '../support/engineSession.ts';
import { temporaryFolder } from '../support/saeFile.ts';

describe('the job Train', function () {
  this.timeout(120_000);
  this.slow(30_000);
  const place = temporaryFolder();
  const setDir = join(place.dir, 'set');
  let engine: EngineSession;

  before(async () => {
    engine = startEngineSession({ threadCount: 1 });
    const params = {
      ...{ modelDir: embeddedModel, provider: 'cpu', dir: setDir, pictureCount: 6, steps: 2 },
      ...{ prompts: { grammar: null, seed: 1 }, width: 128, height: 128 },
    };
    const { jobId } = await engine.request(startJob, { kind: collectKind, params });
    await jobEnd(engine, jobId);
  });
  after(async () => {
    await engine.stop();
    place.remove();
  });

  const params = (name: string, more: Partial<TrainParams> = {}): TrainParams => ({
    ...{ setDir, dir: join(place.dir, name), blocks: ['down.2.1', 'mid.0'], nFeatures: [64] },
    ...{ k: [4], batchSize: 32, threads: 1, learningRate: 1e-3, ...more },
  });
  const weights = (name: string, sae: string): Buffer =>
    readFileSync(join(place.dir, name, sae, 'sae.safetensors'));

  it('says what it would take', async () => {
    const plan = await engine.request(planTraining, params('none', { k: [4, 8], epochs: 3 }));
    assert.deepEqual(
      plan.saes.map(({ name }) => name),
      ['down.2.1-n64-k4', 'down.2.1-n64-k8', 'mid.0-n64-k4', 'mid.0-n64-k8'],
    );
    const cells = plan.sampleCount / 12;
    assert.ok(Number.isInteger(cells) && cells > 0, 'six pictures at two steps');
    assert.equal(plan.stepCount, Math.round((3 * plan.sampleCount) / 32));
    assert.equal(plan.doneSteps, 0);
    assert.ok(!existsSync(join(place.dir, 'none')));
  });

  it('goes on after a cancel, and its SAEs can be used', async () => {
    const epochs = 15;
    const { jobId } = await engine.request(startJob, {
      kind: trainKind,
      params: params('whole', { epochs }),
    });
    const whole = await jobEnd(engine, jobId);
    assert.match(whole.result?.summary ?? '', /down\.2\.1-n64-k4 explains \d+\.\d %, mid\.0/);

    const broken = await engine.request(startJob, {
      kind: trainKind,
      params: params('broken', { epochs }),
    });
    for (;;) {
      const { jobs } = await engine.request(listJobs, null);
      const job = jobs.find((one) => one.jobId === broken.jobId);
      assert.ok(job?.state === 'queued' || job?.state === 'running', job?.state);
      if ((job.progress?.doneCount ?? 0) > 3) break;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await engine.request(cancelJob, { jobId: broken.jobId });
    assert.ok(existsSync(join(place.dir, 'broken', 'training.json')));
    assert.ok(!existsSync(join(place.dir, 'broken', 'mid.0-n64-k4')));
    await engine.request(resumeJob, { jobId: broken.jobId });
    await jobEnd(engine, broken.jobId);
    for (const sae of ['down.2.1-n64-k4', 'mid.0-n64-k4']) {
      assert.ok(weights('broken', sae).equals(weights('whole', sae)), sae);
    }
    const entry = await engine.request(importSaeFiles, {
      ...{
        modelDir: embeddedModel,
        path: join(place.dir, 'whole', 'mid.0-n64-k4'),
        answers: {},
        storage: 'float32',
      },
    });
    assert.equal(entry.block, 'mid.0');
    const view = await engine.request(readTraining, { jobId });
    assert.deepEqual(
      view.trained.map(({ name, block }) => [name, block]),
      [
        ['down.2.1-n64-k4', 'down.2.1'],
        ['mid.0-n64-k4', 'mid.0'],
      ],
    );
    assert.equal(
      view.trained[1]?.sha256,
      entry.sha256,
      'the weights are known again by their hash',
    );
    const record = JSON.parse(readFileSync(join(place.dir, 'whole', 'training.json'), 'utf8')) as {
      curve: unknown;
    };
    assert.deepEqual(view.points, record.curve);
    const resumed = await engine.request(readTraining, { jobId: broken.jobId });
    assert.deepEqual(resumed.points, view.points, 'no step is lost or there twice');
  });

  it('says what a set offers, and which job is no training', async () => {
    const { pictureCount, blocks, steps } = await engine.request(describeTrainingSet, { setDir });
    assert.equal(pictureCount, 6);
    assert.ok(blocks.some(({ block, dModel }) => block === 'mid.0' && dModel > 0));
    assert.deepEqual(steps, [0, 1]);
    const { jobs } = await engine.request(listJobs, null);
    const { jobId } = jobs.find(({ kind }) => kind === collectKind) ?? assert.fail('no job');
    await assert.rejects(engine.request(readTraining, { jobId }), /is a job "collect"/);
    await assert.rejects(engine.request(readTraining, { jobId: 'job-x' }), /no job "job-x"/);
  });

  it('names what does not fit', async () => {
    const refused = async (more: Partial<TrainParams>, message: RegExp): Promise<void> => {
      await assert.rejects(engine.request(planTraining, params('none', more)), (error: Error) => {
        assert.match(error.message, message);
        return true;
      });
    };
    await refused({ blocks: ['up.9'] }, /holds no updates of "up.9", but of down.2.1, mid.0/);
    await refused({ steps: [5] }, /no updates of step 6, but of 1, 2/);
    await refused({ nFeatures: [] }, /nFeatures/);
    await refused({ k: [65] }, /k is 65; a whole number from 1 to 64/);
    await refused({ epochs: 0 }, /epochs is 0; it must be above 0/);
    await refused({ setDir: place.dir }, /holds no collected set/);
    await refused({ setDir: 'relative' }, /must be an absolute path/);
  });
});
