import assert from 'node:assert/strict';
import { Serial } from './serial.ts';

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const never = new AbortController().signal;

describe('Serial', () => {
  it('runs tasks one at a time in order, also after a failure', async () => {
    const serial = new Serial();
    const log: string[] = [];
    const task =
      (name: string, fails = false) =>
      async () => {
        log.push(`${name} starts`);
        await later(2);
        log.push(`${name} ends`);
        if (fails) throw new Error(name);
      };
    const results = await Promise.allSettled([
      serial.run(task('a'), never),
      serial.run(task('b', true), never),
      serial.run(task('c'), never),
    ]);
    assert.deepEqual(
      results.map((result) => result.status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.deepEqual(log, ['a starts', 'a ends', 'b starts', 'b ends', 'c starts', 'c ends']);
    assert.equal(serial.isBusy, false);
  });

  it('lets a waiting task leave at once when it is cancelled, without overtaking the running one', async () => {
    const serial = new Serial();
    let isFirstDone = false;
    const first = serial.run(async () => {
      await later(30);
      isFirstDone = true;
    }, never);
    const controller = new AbortController();
    const second = serial.run(() => Promise.reject(new Error('must not start')), controller.signal);
    const third = serial.run(() => Promise.resolve(isFirstDone), never);
    controller.abort();
    await assert.rejects(second, { code: 'cancelled' });
    assert.equal(isFirstDone, false);
    assert.equal(await third, true);
    await first;
  });

  it('lets previews go before jobs that wait longer, and never more than one run late', async () => {
    const serial = new Serial();
    const log: string[] = [];
    const runs = async (name: string, count: number): Promise<void> => {
      for (let run = 0; run < count; run++) {
        await serial.run(
          async () => {
            await later(2);
            log.push(name);
          },
          never,
          'job',
        );
      }
    };
    const jobs = [runs('job', 4), runs('other', 4)];
    await later(1);
    const before = log.length;
    await serial.run(async () => log.push('preview'), never);
    assert.ok(log.indexOf('preview') - before <= 1, log.join(' '));
    await Promise.all(jobs);
    assert.equal(log.length, 9);
  });

  it('gives the turn on when a waiting task is cancelled in the moment it gets it', async () => {
    const serial = new Serial();
    const controller = new AbortController();
    const first = serial.run(async () => {
      queueMicrotask(() => {
        controller.abort();
      });
    }, never);
    const second = serial.run(async () => 'ran', controller.signal).catch(() => 'left');
    assert.equal(await serial.run(async () => 'third', never), 'third');
    await first;
    assert.match(await second, /ran|left/);
    assert.equal(serial.isBusy, false);
  });
});
