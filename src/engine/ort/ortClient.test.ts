import assert from 'node:assert/strict';
import { graceOf } from './ortClient.ts';

describe('how long a cancel waits before the runner is killed', () => {
  it('is a second for what is loaded in no time', () => {
    assert.equal(graceOf(0), 1000);
    assert.equal(graceOf(3000), 1000);
  });

  it('is a quarter of the time that loading again would take, ten seconds at most', () => {
    assert.equal(graceOf(12_000), 3000);
    assert.equal(graceOf(600_000), 10_000);
  });
});
