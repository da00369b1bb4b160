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
});
