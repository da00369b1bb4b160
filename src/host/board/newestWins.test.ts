import assert from 'node:assert/strict';
import { NewestWins } from './newestWins.ts';
import { PreviewPace } from './previewPace.ts';

describe('previews', () => {
  it('the newest of many is run; those between never are; what runs is ended', async () => {
    const log: string[] = [];
    const done = new Promise<void>((resolve) => {
      const previews = new NewestWins<number>(async (target, signal) => {
        log.push(`start ${String(target)}`);
        if (target === 1) {
          await new Promise((stopped) => {
            signal.addEventListener('abort', stopped);
          });
          log.push('stopped 1');
        }
      }, resolve);
      previews.ask(1);
      previews.ask(2);
      previews.ask(3);
      assert.equal(previews.isRunning, true);
    });
    await done;
    assert.deepEqual(log, ['start 1', 'stopped 1', 'start 3']);
  });

  it('cancel ends what runs and forgets what waits', async () => {
    const log: number[] = [];
    let previews: NewestWins<number> | undefined;
    await new Promise<void>((resolve) => {
      previews = new NewestWins<number>(async (target, signal) => {
        log.push(target);
        await new Promise((stopped) => {
          signal.addEventListener('abort', stopped);
        });
      }, resolve);
      previews.ask(1);
      previews.ask(2);
      previews.cancel();
    });
    assert.deepEqual(log, [1]);
    assert.equal(previews?.isRunning, false);
  });

  it('one that is more than half done is awaited', () => {
    const pace = new PreviewPace();
    assert.equal(pace.endsOlder(0), true);
    pace.started(0);
    pace.finished(100);
    pace.started(100);
    assert.equal(pace.endsOlder(140), true);
    assert.equal(pace.endsOlder(160), false);
  });

  it('a slider that never rests still shows pictures', () => {
    const pace = new PreviewPace();
    pace.started(0);
    pace.finished(100);
    // A move every 30 ms: each would end a preview of 100 ms early.
    let startedMs = 100;
    let shown = 0;
    pace.started(startedMs);
    for (let nowMs = 130; nowMs < 3000; nowMs += 30) {
      if (nowMs - startedMs >= 100) {
        pace.finished(startedMs + 100);
        shown++;
        startedMs = nowMs;
        pace.started(nowMs);
      } else if (pace.endsOlder(nowMs)) {
        startedMs = nowMs;
        pace.started(nowMs);
      }
    }
    assert.ok(shown >= 5, `${String(shown)} pictures in 3 s`);
  });
});
