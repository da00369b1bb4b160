import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { throttle } from './throttle.ts';

describe('throttle', () => {
  it('calls at once, then not more often than told, and honours the last', async () => {
    const seen: number[] = [];
    let value = 0;
    const ask = throttle(() => seen.push(value), 20);
    for (value = 1; value <= 5; value++) ask();
    value = 5;
    assert.deepEqual(seen, [1]);
    await delay(50);
    assert.deepEqual(seen, [1, 5]);
    ask.dispose();
  });

  it('calls nothing after its end', async () => {
    let count = 0;
    const ask = throttle(() => count++, 5);
    ask();
    ask();
    ask.dispose();
    await delay(15);
    assert.equal(count, 1);
  });
});
