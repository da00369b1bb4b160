import assert from 'node:assert/strict';
import { manifestFor } from '../../test/support/manifest.ts';
import { fileNameOf, promptLine, shortened, usageText } from './words.ts';

describe('words', () => {
  it('says what the kept runs take', () => {
    const usage = { dir: '', runCount: 12, sizeBytes: 3.4e6, quotaBytes: 500e6 };
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
