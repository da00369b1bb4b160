import assert from 'node:assert/strict';
import { durationWords, timeLeft, timeLeftWords } from './duration.ts';
import { significant } from '../../src/numerics/significant.ts';

describe('durationWords', () => {
  for (const [durationMs, words] of [
    [0, '0 ms'],
    [0.8412, '0.841 ms'],
    [61.3, '61.3 ms'],
    [999.6, '1 s'],
    [1234, '1.23 s'],
    [59_960, '1 min 0 s'],
    [185_000, '3 min 5 s'],
    [7_260_000, '2 h 1 min'],
  ] as const) {
    it(`says ${words}`, () => {
      assert.equal(durationWords(durationMs), words);
    });
  }
});

describe('timeLeft', () => {
  it('is not guessed at the beginning', () => {
    assert.equal(timeLeft(1000, 0.5), undefined);
    assert.equal(timeLeft(10_000, 0.01), undefined);
  });

  it('goes on as it went', () => {
    assert.equal(timeLeft(10_000, 0.25), 30_000);
    assert.equal(timeLeftWords(30_400), 'about 30 s left');
    assert.equal(timeLeftWords(100), 'about 1 s left');
    assert.equal(timeLeftWords(125_000), 'about 2 min 5 s left');
  });
});

describe('significant', () => {
  for (const [value, words] of [
    [0, '0'],
    [12.345, '12.3'],
    [-0.012345, '-0.0123'],
    [12_345.6, '12,346'],
    [0.00001234, '1.23e-5'],
    [NaN, 'no value'],
    [-Infinity, '-∞'],
  ] as const) {
    it(`writes ${value} as ${words}`, () => {
      assert.equal(significant(value), words);
    });
  }
});
