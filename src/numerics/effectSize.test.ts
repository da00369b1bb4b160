import assert from 'node:assert/strict';
import { effectSize } from './effectSize.ts';

describe('effectSize', () => {
  it('measures an effect in sample deviations of its controls', () => {
    assert.deepEqual(effectSize(7, [1, 2, 3]), { controlMean: 2, controlStd: 1, size: 5 });
  });

  it('has no size without a spread', () => {
    assert.equal(effectSize(7, [2]).size, null);
    assert.equal(effectSize(7, [2, 2, 2]).size, null);
    assert.deepEqual(effectSize(7, []), { controlMean: 0, controlStd: 0, size: null });
  });
});
