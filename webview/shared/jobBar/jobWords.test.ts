import assert from 'node:assert/strict';
import { jobWords } from './jobWords.ts';

describe('jobWords', () => {
  it('says what is known and leaves out what is not', () => {
    assert.equal(jobWords({ phase: 'x', fraction: 0 }), '');
    assert.equal(
      jobWords({
        phase: 'x',
        fraction: 0.5,
        count: { done: 2, total: 4, unit: 'picture' },
        rate: { perSecond: 31.27, unit: 'samples' },
        leftMs: 8000,
      }),
      'picture 2 of 4 · 31.3 samples/s · about 8 s left',
    );
  });
});
