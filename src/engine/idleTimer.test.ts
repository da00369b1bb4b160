import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { IdleTimer } from './idleTimer.ts';
import { Serial } from './serial.ts';

describe('IdleTimer', () => {
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] });
  });
  afterEach(() => {
    mock.timers.reset();
  });

  /** A queue whose work it watches, and which it uses to tidy up, as the engine does. */
  function tidied(idleMs: number) {
    let count = 0;
    const queue = new Serial((isHeld) => {
      idle.touch(isHeld);
    });
    const { signal } = new AbortController();
    const idle = new IdleTimer(idleMs, () =>
      queue.run(() => {
        count++;
        return Promise.resolve();
      }, signal),
    );
    const work = () => queue.run(() => Promise.resolve(), signal);
    const pass = async (ms: number): Promise<void> => {
      mock.timers.tick(ms);
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    };
    return { work, pass, count: () => count };
  }

  it('calls once after work, however long nothing is done, and again after more work', async () => {
    const { work, pass, count } = tidied(1000);
    await pass(5000);
    assert.equal(count(), 0);
    await work();
    await pass(999);
    assert.equal(count(), 0);
    await pass(1);
    assert.equal(count(), 1);
    await pass(60_000);
    assert.equal(count(), 1);
    await work();
    await pass(1000);
    assert.equal(count(), 2);
  });

  it('waits anew from the end of the last work', async () => {
    const { work, pass, count } = tidied(1000);
    await work();
    await pass(600);
    await work();
    await pass(600);
    assert.equal(count(), 0);
    await pass(400);
    assert.equal(count(), 1);
  });

  it('never calls for 0', async () => {
    const { work, pass, count } = tidied(0);
    await work();
    await pass(1e9);
    assert.equal(count(), 0);
  });
});
