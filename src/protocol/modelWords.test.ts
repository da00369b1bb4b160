import assert from 'node:assert/strict';
import { bytesText } from './modelWords.ts';

describe('sizes in words', () => {
  it('small files have a size, too', () => {
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
