import assert from 'node:assert/strict';
import { manifestFor } from '../../test/support/manifest.ts';
import { fileNameOf, promptLine, shortened, sizeText, usageText } from './words.ts';
import { countText } from '../protocol/countText.ts';

describe('words', () => {
  it('says sizes', () => {
    assert.equal(sizeText(0), '0 bytes');
    assert.equal(sizeText(1023), '1023 bytes');
    assert.equal(sizeText(1536), '1.5 KB');
    assert.equal(sizeText(500 * 2 ** 20), '500 MB');
    assert.equal(sizeText(1.25 * 2 ** 30), '1.3 GB');
    assert.equal(sizeText(5000 * 2 ** 40), '5000 TB');
  });

  it('says counts and usage', () => {
    assert.equal(countText(1, 'run'), '1 run');
    assert.equal(countText(0, 'run'), '0 runs');
    assert.equal(countText(12000, 'picture'), '12,000 pictures');
    const usage = { dir: '', runCount: 12, sizeBytes: 3.4 * 2 ** 20, quotaBytes: 500 * 2 ** 20 };
    assert.equal(usageText(usage), '12 runs, 3.4 MB of 500 MB');
  });

  it('makes one line of a prompt', () => {
    assert.equal(promptLine(' a\n\tred  apple '), 'a red apple');
    assert.equal(promptLine('\n'), '(no prompt)');
  });

  it('cuts between characters as people count them', () => {
    assert.equal(shortened('apple', 5), 'apple');
    assert.equal(shortened('an apple', 3), 'an…');
    assert.equal(shortened('👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧', 2), '👩‍👩‍👧👩‍👩‍👧…');
  });

  it('makes file names that every system takes', () => {
    const nameOf = (prompt: string) => fileNameOf(manifestFor({ prompt, seed: 7 }));
    assert.equal(nameOf('A red apple, on grass!'), 'a-red-apple-on-grass-seed-7.png');
    assert.equal(nameOf('../../etc/passwd\0'), 'etc-passwd-seed-7.png');
    assert.equal(nameOf('🍎'), 'picture-seed-7.png');
    assert.equal(nameOf('голубь'), 'голубь-seed-7.png');
    assert(nameOf('word '.repeat(30_000)).length < 60);
  });
});
