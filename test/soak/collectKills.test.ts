import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCollectedSet } from '../../src/engine/lens/collected/collectedSet.ts';
import { CollectedWriter } from '../../src/engine/lens/collected/collectedWriter.ts';
import { collectKind, type CollectParams } from '../../src/protocol/collect.ts';
import { listJobs, resumeJob, startJob } from '../../src/protocol/jobs.ts';
import { collectedFiles, jobEnd } from '../support/collecting.ts';
import { embeddedModel, startEngineSession } from '../support/engineSession.ts';
import { eventually } from '../support/eventually.ts';
import { madeUpManifest, madeUpPicture } from '../support/madeUpSet.ts';
import { seededRandom, soakCount } from '../support/soak.ts';

const random = seededRandom(11);
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const child = join(import.meta.dirname, '..', 'support', 'collectingChild.ts');

/** Pictures on disk, acknowledged; 0 before there is a set. */
const savedCount = (dir: string): Promise<number> =>
  openCollectedSet(dir).then(
    ({ pictureCount }) => pictureCount,
    () => 0,
  );

describe('kills while a set is collected', function () {
  let dir: string;
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'featurescope-kills-'))));
  afterEach(() => {
    rmSync(dir, { recursive: true, force: true });
  });

  const writerKills = soakCount(12, 400);
  it(`${writerKills} of who writes: nothing acknowledged is lost, the set is that of an unbroken run`, async function () {
    this.timeout(60_000 + writerKills * 10_000);
    this.slow(writerKills * 1000);
    const whole = join(dir, 'whole');
    const writer = await CollectedWriter.open(whole, madeUpManifest);
    for (let index = 0; index < madeUpManifest.pictureCount; index++) {
      await writer.add(madeUpPicture(index));
    }
    writer.close();
    const expected = collectedFiles(whole);
    let kills = 0;
    // As many sets as it takes: each is finished, killed on the way again and again.
    for (let set = 0; kills < writerKills; set++) {
      const broken = join(dir, `broken-${set}`);
      for (let isDone = false; !isDone;) {
        const { acknowledged, isKilled } = await runAndKill(broken, kills < writerKills);
        const saved = await savedCount(broken);
        assert.ok(
          saved >= acknowledged,
          `kill ${kills}: ${acknowledged} acknowledged, ${saved} there`,
        );
        if (isKilled) kills++;
        isDone = saved === madeUpManifest.pictureCount && !isKilled;
      }
      assert.deepEqual(collectedFiles(broken), expected, `after ${kills} kills`);
      rmSync(broken, { recursive: true });
    }
  });

  const engineKills = soakCount(2, 60);
  it(`${engineKills} of the engine: the job is listed, goes on, and ends with the same bytes`, async function () {
    this.timeout(120_000 + engineKills * 60_000);
    this.slow(engineKills * 10_000);
    const file = join(dir, 'prompts.txt');
    const count = soakCount(8, 200);
    writeFileSync(
      file,
      Array.from({ length: count }, (_, i) => `${i + 2} dogs on grass`).join('\n'),
    );
    const params = (name: string): CollectParams => ({
      ...{ modelDir: embeddedModel, provider: 'cpu', dir: join(dir, name), prompts: { file } },
      batchSize: 2,
    });
    const session = () => startEngineSession({ storageDir: join(dir, 'storage'), threadCount: 1 });
    let engine = session();
    try {
      const start = async (name: string): Promise<string> =>
        (await engine.request(startJob, { kind: collectKind, params: params(name) })).jobId;
      await jobEnd(engine, await start('whole'));
      const stateOf = async (jobId: string): Promise<string | undefined> => {
        const { jobs } = await engine.request(listJobs, null);
        return jobs.find((one) => one.jobId === jobId)?.state;
      };
      const isLive = async (jobId: string): Promise<boolean> =>
        ['queued', 'running'].includes((await stateOf(jobId)) ?? '');
      let kills = 0;
      // As many sets as it takes: each is finished, and is that of an unbroken run.
      for (let set = 0; kills < engineKills; set++) {
        const broken = join(dir, `broken-${set}`);
        const jobId = await start(`broken-${set}`);
        for (;;) {
          const before = await savedCount(broken);
          const hasMoved = async (): Promise<boolean> =>
            (await savedCount(broken)) > before || !(await isLive(jobId));
          await eventually(`a batch, after ${kills} kills`, hasMoved, 120_000);
          if (kills === engineKills || !(await isLive(jobId))) break;
          await wait(random() * 1500);
          const acknowledged = await savedCount(broken);
          engine.child.kill();
          await engine.child.ended;
          kills++;
          engine = session();
          assert.ok((await savedCount(broken)) >= acknowledged);
          const state = await stateOf(jobId);
          if (state === 'done') break;
          assert.equal(state, 'interrupted', `after ${kills} kills`);
          await engine.request(resumeJob, { jobId });
        }
        await jobEnd(engine, jobId);
        assert.deepEqual(collectedFiles(broken), collectedFiles(join(dir, 'whole')));
        rmSync(broken, { recursive: true });
      }
    } finally {
      await engine.stop();
    }
  });
});

/** Lets a child write to a set, and kills it at a random moment. @returns the last count that it had acknowledged */
async function runAndKill(
  dir: string,
  shallKill: boolean,
): Promise<{ acknowledged: number; isKilled: boolean }> {
  const writer = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', child, dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  const started = new Promise<void>((resolve) => {
    writer.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      resolve();
    });
    writer.once('exit', () => {
      resolve();
    });
  });
  const ended = new Promise<boolean>((resolve, reject) => {
    writer.once('close', (code, signal) => {
      if (code === 0 || signal === 'SIGKILL') resolve(code !== 0);
      else
        reject(
          new Error(
            `The writer ended with exit code ${code ?? 'none'}, signal ${signal ?? 'none'}`,
          ),
        );
    });
  });
  await started;
  if (shallKill) {
    await wait(random() * 400);
    writer.kill('SIGKILL');
  }
  const isKilled = await ended;
  const counts = output.split('\n').slice(0, -1).map(Number);
  return { acknowledged: counts.at(-1) ?? 0, isKilled };
}
