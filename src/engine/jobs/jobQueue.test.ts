import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cancelled, invalidInput } from '../../protocol/errors.ts';
import type { JobState, JobSummary } from '../../protocol/jobs.ts';
import type { JobContext, JobKind } from './jobKind.ts';
import { JobQueue } from './jobQueue.ts';
import { JobRate } from './jobRate.ts';

/** A job that counts, and stands still wherever the test wants it to. */
class Counting {
  readonly done: string[] = [];
  readonly ended: string[] = [];
  contexts = new Map<string, JobContext>();
  /** Resolvers of jobs that wait at a number. */
  readonly #waiting = new Map<string, () => void>();
  /** `name/number` at which to wait. */
  readonly holds = new Set<string>();

  readonly kind: JobKind<
    { name: string; count: number },
    { phase: 'counting'; n: number; of: number }
  > = {
    kind: 'count',
    check: (params) => {
      const { name, count } = params as { name: string; count: number };
      if (!(count > 0)) throw invalidInput(`count is ${count}; allowed are numbers above 0.`);
      return { name, count };
    },
    titleOf: ({ name }) => `Count ${name}`,
    describe: ({ n, of }) => ({ phase: 'Counting', doneCount: n, totalCount: of, unit: 'numbers' }),
    run: (params, context) => this.#run(params, context),
  };

  async *#run({ name, count }: { name: string; count: number }, context: JobContext) {
    this.contexts.set(name, context);
    try {
      for (let n = 1; n <= count; n++) {
        await context.takeTurn(() => this.#hold(`${name}/${n}`, context.signal));
        this.done.push(`${name}/${n}`);
        yield { phase: 'counting' as const, n, of: count };
      }
      if (name === 'bad') throw invalidInput('It went wrong.');
      return { summary: `${count} numbers` };
    } finally {
      this.ended.push(name);
    }
  }

  async #hold(at: string, signal: AbortSignal): Promise<void> {
    if (!this.holds.has(at)) return;
    await new Promise<void>((resolve, reject) => {
      this.#waiting.set(at, resolve);
      signal.addEventListener('abort', () => {
        reject(cancelled());
      });
    });
  }

  async reached(at: string): Promise<void> {
    while (!this.#waiting.has(at)) await later(1);
  }

  go(at: string): void {
    this.holds.delete(at);
    this.#waiting.get(at)?.();
  }
}

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('the job queue', () => {
  let storageDir: string;
  let counting: Counting;
  let queue: JobQueue;
  let changeCount = 0;
  const open = (onChange = (): unknown => changeCount++): JobQueue => {
    const made = new JobQueue({
      storageDir,
      takeTurn: (work) => work(),
      onLog: () => {},
      onChange,
    });
    made.register(counting.kind);
    return made;
  };

  beforeEach(() => {
    storageDir = mkdtempSync(join(tmpdir(), 'featurescope-jobs-'));
    counting = new Counting();
    queue = open();
  });
  afterEach(async () => {
    await queue.stop();
    rmSync(storageDir, { recursive: true, force: true });
  });

  const start = (name: string, count: number) => queue.start('count', { name, count });
  const jobOf = async (jobId: string, from = queue): Promise<JobSummary> =>
    (await from.list()).find((job) => job.jobId === jobId) ?? assert.fail(jobId);
  async function until(jobId: string, state: JobState): Promise<JobSummary> {
    for (let tries = 0; tries < 500; tries++) {
      const job = await jobOf(jobId);
      if (job.state === state) return job;
      await later(4);
    }
    return assert.fail(`${jobId} is ${(await jobOf(jobId)).state}, not ${state}`);
  }

  it('does one job after the other and tells how each ended', async () => {
    const first = await start('a', 2);
    const second = await start('bad', 1);
    const third = await start('c', 1);
    const done = await until(third, 'done');
    assert.deepEqual(counting.done, ['a/1', 'a/2', 'bad/1', 'c/1']);
    assert.deepEqual(done.result, { summary: '1 numbers' });
    assert.equal((await jobOf(first)).progress?.doneCount, 2);
    const failed = await jobOf(second);
    assert.deepEqual([failed.state, failed.error?.message], ['failed', 'It went wrong.']);
    const { lines } = await queue.readLog(second);
    assert.match(lines.join('\n'), /starts\n.*It went wrong/s);
    await later(300);
    assert.ok(changeCount > 0);
  });

  it('pauses a job after its run, lets the next one work, and goes on where it was', async () => {
    counting.holds.add('a/2').add('b/1');
    const a = await start('a', 3);
    const b = await start('b', 1);
    await counting.reached('a/2');
    await queue.pause(a);
    counting.go('a/2');
    await counting.reached('b/1');
    assert.deepEqual(counting.done, ['a/1', 'a/2']);
    await queue.resume(a);
    assert.equal((await jobOf(a)).state, 'queued');
    counting.go('b/1');
    await until(a, 'done');
    assert.deepEqual(counting.done, ['a/1', 'a/2', 'b/1', 'a/3']);
    await until(b, 'done');
  });

  it('cancels a job that runs, waits or is paused; the work has stopped when it says so', async () => {
    counting.holds.add('a/2');
    const a = await start('a', 3);
    const b = await start('b', 1);
    const c = await start('c', 1);
    await counting.reached('a/2');
    await queue.cancel(b);
    await queue.pause(c);
    await queue.cancel(c);
    await queue.cancel(a);
    assert.deepEqual(counting.ended, ['a']);
    assert.deepEqual(counting.done, ['a/1']);
    for (const jobId of [a, b, c]) assert.equal((await jobOf(jobId)).state, 'cancelled');
    counting.holds.clear();
    await queue.resume(a);
    await until(a, 'done');
    await queue.remove(b);
    assert.deepEqual((await queue.list()).map(({ jobId }) => jobId).sort(), [a, c].sort());
  });

  it('lists what an engine left behind as interrupted, and resumes it', async () => {
    counting.holds.add('a/2');
    const a = await start('a', 2);
    const b = await start('b', 1);
    await counting.reached('a/2');
    await queue.stop();
    assert.deepEqual(counting.ended, ['a']);
    await assert.rejects(start('d', 1), { code: 'closed' });
    queue = open();
    assert.equal((await jobOf(a)).state, 'interrupted');
    assert.equal((await jobOf(b)).state, 'interrupted');
    counting.holds.clear();
    await queue.resume(b);
    await queue.resume(a);
    await until(a, 'done');
    assert.deepEqual(counting.done, ['a/1', 'b/1', 'a/1', 'a/2']);
  });

  it('leaves the jobs of another engine alone, and shows them', async () => {
    counting.holds.add('a/1');
    const a = await start('a', 1);
    await counting.reached('a/1');
    let otherChanges = 0;
    const other = open(() => otherChanges++);
    // Its state is on disk a moment after it was entered.
    while ((await jobOf(a, other)).state !== 'running') await later(2);
    assert.equal((await jobOf(a, other)).isElsewhere, true);
    await assert.rejects(other.cancel(a), /another window/);
    await assert.rejects(other.resume(a), /another window/);
    await assert.rejects(other.remove(a), /another window/);
    await assert.rejects(other.pause(a), /not running in this window/);
    // While there are jobs elsewhere, who lists them is told to look again.
    const before = otherChanges;
    while (otherChanges === before) await later(20);
    counting.go('a/1');
    while ((await jobOf(a, other)).state !== 'done') await later(2);
    await other.stop();
  });

  it('refuses what it does not know', async () => {
    await assert.rejects(queue.start('cook', {}), /"cook"; there are count/);
    await assert.rejects(start('a', 0), /count is 0/);
    await assert.rejects(queue.resume('job-1'), /no job/);
    await assert.rejects(queue.readLog('../../etc'), /not a job id/);
    await assert.rejects(queue.remove('job-../x'), /not a job id/);
  });
});

describe('the rate of a job', () => {
  it('is that of the last half minute, without pauses and phases before', () => {
    let nowMs = 0;
    const rate = new JobRate(() => nowMs);
    const at = (seconds: number, doneCount: number, phase = 'Collecting') => {
      nowMs = seconds * 1000;
      return rate.measure({ phase, doneCount, totalCount: 100, unit: 'pictures' });
    };
    assert.equal(at(0, 0).ratePerSecond, undefined);
    assert.equal(at(0.5, 1).ratePerSecond, undefined);
    assert.deepEqual([at(10, 20).ratePerSecond, at(10, 20).secondsLeft], [2, 40]);
    rate.restart();
    assert.equal(at(1000, 20).ratePerSecond, undefined);
    assert.equal(at(1010, 30).ratePerSecond, 1);
    assert.equal(at(1040, 30).ratePerSecond, undefined);
    assert.equal(at(1041, 1, 'Saving').ratePerSecond, undefined);
  });
});
