import assert from 'node:assert/strict';
import { bytesText, countText } from './countText.ts';

describe('numbers in words', () => {
  it('says how many', () => {
    assert.equal(countText(1, 'run'), '1 run');
    assert.equal(countText(0, 'run'), '0 runs');
    assert.equal(countText(12000, 'picture'), '12,000 pictures');
  });

  it('says sizes, of small files too', () => {
    assert.deepEqual([0, 17, 1000, 52_400, 1_500_000, 5_136_000_000].map(bytesText), [
      '0 bytes',
      '17 bytes',
      '1.0 kB',
      '52 kB',
      '1.5 MB',
      '5.1 GB',
    ]);
  });
});
