import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { openCollectedSet } from '../../src/engine/lens/collected/collectedSet.ts';
import { type CollectParams, planCollect } from '../../src/protocol/collect.ts';
import { generatePicture } from '../../src/protocol/engine.ts';
import { listBlocks } from '../../src/protocol/features.ts';
import {
  cancelJob,
  type JobSummary,
  listJobs,
  pauseJob,
  resumeJob,
  startJob,
} from '../../src/protocol/jobs.ts';
import { collectedFiles, jobEnd } from '../support/collecting.ts';
import {
  embeddedModel,
  type EngineSession,
  smallRequest,
  startEngineSession,
} from '../support/engineSession.ts';
import { eventually } from '../support/eventually.ts';
import {
  goldenTensor,
  largestDifference,
  readGoldenJson,
  readGoldenTensors,
} from '../support/golden.ts';

describe('collecting pictures and updates', function () {
  this.timeout(180_000);
  this.slow(20_000);
  let dir: string;
  let engine: EngineSession;
  let modelWithoutSaes: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'featurescope-collect-'));
    engine = startEngineSession({ threadCount: 1 });
    modelWithoutSaes = join(dir, 'bare');
    mkdirSync(modelWithoutSaes);
    cpSync(embeddedModel, modelWithoutSaes, {
      recursive: true,
      filter: (path) => !path.startsWith(join(embeddedModel, 'saes')),
    });
  });
  after(async () => {
    await engine.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  function prompts(name: string, lines: readonly string[]): string {
    writeFileSync(join(dir, name), lines.join('\n'));
    return join(dir, name);
  }
  const params = (name: string, more: Partial<CollectParams>): CollectParams => ({
    modelDir: embeddedModel,
    provider: 'cpu',
    dir: join(dir, name),
    prompts: { file: join(dir, 'prompts.txt') },
    ...more,
  });
  const start = (collect: CollectParams): Promise<string> =>
    engine.request(startJob, { kind: 'collect', params: collect }).then(({ jobId }) => jobId);
  const jobOf = async (jobId: string): Promise<JobSummary> =>
    (await engine.request(listJobs, null)).jobs.find((job) => job.jobId === jobId) ??
    assert.fail(jobId);

  it("stores torch's ΔD of the conditional row to float16, with guidance and without", async () => {
    const golden = readGoldenJson('features.json') as {
      readonly cases: readonly {
        readonly name: string;
        readonly prompt: string;
        readonly seed: number;
        readonly stepCount: number;
        readonly guidanceScale: number;
        readonly isWhole: boolean;
      }[];
    };
    const tensors = readGoldenTensors('features.safetensors');
    for (const guidanceScale of [0, 5]) {
      const cases = golden.cases.filter(
        (one) => one.isWhole && one.guidanceScale === guidanceScale,
      );
      assert.equal(cases.length, 2);
      assert.equal(cases[1]!.seed, cases[0]!.seed + 1);
      const file = prompts(
        `golden-${guidanceScale}.txt`,
        cases.map(({ prompt }) => prompt),
      );
      const collect = params(`golden-${guidanceScale}`, {
        ...{ guidanceScale, prompts: { file }, steps: 1, firstSeed: cases[0]!.seed },
      });
      await jobEnd(engine, await start(collect));
      const set = await openCollectedSet(collect.dir);
      assert.equal(set.pictureCount, 2);
      for (const { block, path, dModel, cellsHigh, cellsWide } of set.manifest.blocks) {
        for (const [index, { name }] of cases.entries()) {
          const { dims, data } = goldenTensor(tensors, `delta.${path}.${name}`);
          assert.deepEqual(dims.slice(2), [dModel, cellsHigh, cellsWide]);
          const cells = cellsHigh * cellsWide;
          const size = dModel * cells;
          const last = data.slice(data.length - size) as Float32Array;
          const expected = Float32Array.from(
            { length: size },
            (_, i) => last[(i % dModel) * cells + Math.floor(i / dModel)]!,
          );
          const got = await set.updates(block, 0, index, index + 1);
          const largest = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
          // Half a unit of float16 at the largest value, and 1e-4 of it for f32 sums in another order.
          const tolerance = largest * (2 ** -11 + 1e-4);
          const error = largestDifference(got, expected);
          assert.ok(error <= tolerance, `${name} ${block}: ${error} > ${tolerance}`);
        }
      }
    }
  });

  it('works at stages without an SAE, at some steps, and draws what a preview draws', async () => {
    prompts('prompts.txt', ['a dog on the beach']);
    const shared = { steps: 3, recordedSteps: [2, 0], picturesPerPrompt: 2, firstSeed: 5 };
    const bare = params('bare-set', {
      ...{ ...shared, modelDir: modelWithoutSaes, blocks: ['up.0.1'] },
    });
    const full = params('full-set', { ...shared, seedRule: 'samePerPrompt' });
    const jobs = [await start(bare), await start(full)];
    for (const jobId of jobs) await jobEnd(engine, jobId);
    const [one, other] = [await openCollectedSet(bare.dir), await openCollectedSet(full.dir)];
    assert.deepEqual(one.manifest.steps, [0, 2]);
    assert.deepEqual(
      (await one.pictures(0, 2)).map(({ seed, prompt }) => [seed, prompt]),
      [5, 6].map((seed) => [seed, 'a dog on the beach']),
    );
    for (const step of [0, 2]) {
      assert.deepEqual(
        await one.updates('up.0.1', step, 0, 2),
        await other.updates('up.0.1', step, 0, 2),
      );
    }
    const request = { ...smallRequest, prompt: 'a dog on the beach', seed: 6, steps: 3 };
    const { picture } = await engine.request(generatePicture, request);
    const [, second] = await one.pictures(0, 2);
    const png = decode(Buffer.from(collectedFiles(bare.dir).get(`/${second!.file}`)!, 'base64'));
    assert.deepEqual(Buffer.from(png.data as Uint8Array), Buffer.from(picture.rgb));
  });

  it('goes on after its engine was killed, with the bytes of an unbroken run', async () => {
    prompts(
      'prompts.txt',
      Array.from({ length: 7 }, (_, i) => `${i + 2} cats`),
    );
    const whole = params('whole', { batchSize: 2, blocks: ['mid.0', 'up.0.0'] });
    await jobEnd(engine, await start(whole));
    const broken = { ...whole, dir: join(dir, 'broken') };
    const storageDir = join(dir, 'storage');
    const victim = startEngineSession({ storageDir, threadCount: 1 });
    const { jobId } = await victim.request(startJob, { kind: 'collect', params: broken });
    await eventually('some pictures', async () => {
      const { jobs } = await victim.request(listJobs, null);
      return (jobs[0]?.progress?.doneCount ?? 0) >= 3;
    });
    victim.child.kill();
    await victim.child.ended;
    const next = startEngineSession({ storageDir, threadCount: 1 });
    try {
      const { jobs } = await next.request(listJobs, null);
      assert.deepEqual(
        jobs.map(({ state }) => state),
        ['interrupted'],
      );
      const { pictureCount } = await openCollectedSet(broken.dir);
      assert.ok(pictureCount >= 2 && pictureCount < 7, String(pictureCount));
      await next.request(resumeJob, { jobId });
      await jobEnd(next, jobId);
    } finally {
      await next.stop();
    }
    assert.deepEqual(collectedFiles(broken.dir), collectedFiles(whole.dir));
  });

  it('lets previews through, waits while it is paused, and has stopped when it is cancelled', async () => {
    prompts(
      'prompts.txt',
      Array.from({ length: 500 }, (_, i) => `a picture of ${i} dogs`),
    );
    const jobId = await start(params('long', { steps: 4, batchSize: 1 }));
    const doneCount = async (): Promise<number> => (await jobOf(jobId)).progress?.doneCount ?? 0;
    await eventually('a picture', async () => (await doneCount()) > 0);
    // Between the runs of one picture: many previews end while the job makes few pictures.
    const before = await doneCount();
    for (let seed = 0; seed < 5; seed++) {
      await engine.request(generatePicture, { ...smallRequest, seed });
    }
    assert.equal((await jobOf(jobId)).state, 'running');
    // Each preview lets in at most the job's run that was due: four steps, encoders and VAE are seven of them.
    assert.ok((await doneCount()) - before <= 3, `${(await doneCount()) - before} pictures`);
    await engine.request(pauseJob, { jobId });
    await engine.request(generatePicture, smallRequest);
    const paused = await doneCount();
    await engine.request(generatePicture, smallRequest);
    assert.deepEqual([(await jobOf(jobId)).state, await doneCount()], ['paused', paused]);
    await engine.request(resumeJob, { jobId });
    await eventually('another picture', async () => (await doneCount()) > paused);
    await engine.request(cancelJob, { jobId });
    const { pictureCount } = await openCollectedSet(join(dir, 'long'));
    assert.equal((await jobOf(jobId)).state, 'cancelled');
    await engine.request(generatePicture, smallRequest);
    assert.equal((await openCollectedSet(join(dir, 'long'))).pictureCount, pictureCount);
  });

  it('outlives a preview with another model between its runs', async () => {
    prompts(
      'prompts.txt',
      Array.from({ length: 3 }, (_, i) => `${i + 2} birds`),
    );
    const undisturbed = params('undisturbed', { steps: 2 });
    await jobEnd(engine, await start(undisturbed));
    const disturbed = { ...undisturbed, dir: join(dir, 'disturbed') };
    const jobId = await start(disturbed);
    for (const pauseMs of [0, 200, 400, 800]) {
      await engine.request(generatePicture, { ...smallRequest, modelDir: modelWithoutSaes });
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    await jobEnd(engine, jobId);
    assert.deepEqual(collectedFiles(disturbed.dir), collectedFiles(undisturbed.dir));
  });

  it('tells the size before it starts, and refuses what cannot be', async () => {
    prompts('prompts.txt', ['a', 'b', 'c']);
    const plan = await engine.request(planCollect, params('plan', { steps: 4, blocks: ['mid.0'] }));
    const blocks = await engine.request(listBlocks, { modelDir: embeddedModel });
    const { width = 0 } = blocks.find(({ block }) => block === 'mid.0') ?? {};
    const cells = 64;
    assert.equal(plan.updateBytes, 3 * 4 * cells * width * 2);
    assert.deepEqual([plan.pictureCount, plan.promptCount, plan.savedCount], [3, 3, 0]);
    assert.equal(plan.isTooLarge, false);
    const huge = { steps: 1000, picturesPerPrompt: 1_000_000, seedRule: 'samePerPrompt' as const };
    assert.equal((await engine.request(planCollect, params('huge', huge))).isTooLarge, true);
    await assert.rejects(jobEnd(engine, await start(params('huge', huge))), /would not hold/);
    const refused: [Partial<CollectParams>, RegExp][] = [
      [{ blocks: ['up.9.9'] }, /no block "up.9.9"; the model has .*mid.0/],
      [{ recordedSteps: [1], steps: 1 }, /step index is 1; .* 0 to 0/],
      [{ pictureCount: 4 }, /pictureCount .* is 4; .* 1 to 3/],
      [{ firstSeed: 4294967295 }, /firstSeed is 4294967295; .* 4294967293/],
      [{ batchSize: 0 }, /batchSize is 0/],
      [{ width: 100 }, /width is 100/],
      [{ prompts: { file: join(dir, 'none.txt') } }, /none.txt.*does not exist/],
      [{ dir }, /not empty/],
      [{ dir: 'relative' }, /absolute/],
    ];
    for (const [more, message] of refused) {
      await assert.rejects(engine.request(planCollect, params('refused', more)), {
        code: 'invalidInput',
        message,
      });
    }
  });
});
