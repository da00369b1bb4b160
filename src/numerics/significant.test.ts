import assert from 'node:assert/strict';
import { significant, similarity } from './significant.ts';

describe('numbers for reading', () => {
  it('have three significant digits, and all before the point', () => {
    const told = [0, 1.23456, 12_345.6, 0.000_012_3, -0.5, 1e9].map((value) => significant(value));
    assert.deepEqual(told, ['0', '1.23', '12,346', '1.23e-5', '-0.5', '1.00e+9']);
    assert.deepEqual(
      [NaN, Infinity, -Infinity].map((value) => significant(value)),
      ['no value', '∞', '-∞'],
    );
  });

  it('tell an SSIM near 1 from 1', () => {
    assert.deepEqual([1, 0.99987, 0.5].map(similarity), ['1', '0.99987', '0.5']);
  });
});
