import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generatePicture, listRuns, openRun } from '../../src/protocol/engine.ts';
import { FeaturescopeError } from '../../src/protocol/errors.ts';
import { type EngineSession, smallRequest, startEngineSession } from '../support/engineSession.ts';
import { eventually } from '../support/eventually.ts';
import { isAlive, programsBelow } from '../support/processes.ts';
import { seededRandom, soakCount } from '../support/soak.ts';

const killCount = soakCount(4, 200);
/** Long enough that a kill lands in the middle. */
const steps = 30;
const random = seededRandom(7);
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** How a request ended; of an error that should not be, also what it says. */
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (thrown: unknown) => {
      const { code, message, detail } = FeaturescopeError.from(thrown);
      if (message.includes('inference process ended unexpectedly')) return 'runnerDied';
      return code === 'closed' ? code : `${code}: ${message}\n${detail ?? ''}`;
    },
  );

const runnerOf = (engine: EngineSession) =>
  eventually('a runner', () => programsBelow(engine.child.pid ?? -1, 'runner.cjs')[0]);

describe(`${killCount} kills while a picture is made`, function () {
  this.timeout(killCount * 60_000);
  this.slow(killCount * 10_000);

  it('of the runner: each ends the request with a reason, and the engine goes on', async () => {
    let engine = startEngineSession();
    try {
      for (let kill = 0; kill < killCount; kill++) {
        // The engine gives up after three crashes in three minutes; a person would press Restart.
        if (kill > 0 && kill % 2 === 0) {
          await engine.stop();
          engine = startEngineSession();
        }
        const work = codeOf(engine.request(generatePicture, { ...smallRequest, steps }));
        const runner = await runnerOf(engine);
        await wait(random() * 1500);
        process.kill(runner.pid, 'SIGKILL');
        const code = await work;
        assert.ok(['runnerDied', 'done'].includes(code), `kill ${kill}: ${code}`);
        const next = await codeOf(engine.request(generatePicture, smallRequest));
        // A kill just after the picture was made ends the request that follows.
        if (code === 'done' && next === 'runnerDied') continue;
        assert.equal(next, 'done', `kill ${kill}, after ${code}`);
      }
    } finally {
      await engine.stop();
    }
  });

  it('of the engine: no kept run is lost or half written, and no process is left', async () => {
    const storageDir = mkdtempSync(join(tmpdir(), 'featurescope-'));
    const kept = new Set<string>();
    try {
      for (let kill = 0; kill < killCount; kill++) {
        const engine = startEngineSession({ storageDir });
        const first = await engine.request(generatePicture, { ...smallRequest, keep: true });
        assert.ok(first.runId, first.keepFailure?.message);
        kept.add(first.runId);
        const { pid } = await runnerOf(engine);
        // One picture after the other, so that a kill also lands in the saving.
        const work = codeOf(keepOnGenerating(engine, kept));
        await wait(random() * 1500);
        engine.child.kill();
        assert.equal(await work, 'closed');
        await engine.child.ended;
        await eventually('the end of the runner', () => !isAlive(pid), 10_000);
      }
      await checkStore(storageDir, kept);
    } finally {
      rmSync(storageDir, { recursive: true, force: true });
    }
  });
});

async function keepOnGenerating(engine: EngineSession, kept: Set<string>): Promise<never> {
  for (;;) {
    const { runId } = await engine.request(generatePicture, { ...smallRequest, keep: true });
    if (runId) kept.add(runId);
  }
}

/** Every run that was reported is there, opens, and the folder holds nothing else. */
async function checkStore(storageDir: string, kept: ReadonlySet<string>): Promise<void> {
  const engine = startEngineSession({ storageDir });
  try {
    const { runs } = await engine.request(listRuns, { limit: 100_000 });
    const listed = new Set(runs.map(({ runId }) => runId));
    assert.deepEqual(
      [...kept].filter((runId) => !listed.has(runId)),
      [],
      'reported as kept, but not listed',
    );
    for (const { runId, manifest } of runs) {
      const { picture } = await engine.request(openRun, { runId });
      assert.equal(picture.width, manifest.width);
    }
    const files = readdirSync(join(storageDir, 'runs')).filter((name) => name.endsWith('.png'));
    // A kill between file and row leaves a file that is listed again when rows are rebuilt, or is swept away.
    assert.ok(files.length >= listed.size);
  } finally {
    await engine.stop();
  }
}
