import assert from 'node:assert/strict';
import { CrashBudget } from './crashBudget.ts';

describe('CrashBudget', () => {
  it('is spent by three crashes within three minutes', () => {
    let now = 0;
    const budget = new CrashBudget(() => now);
    assert.equal(budget.spend(), false);
    now = 60_000;
    assert.equal(budget.spend(), false);
    now = 179_999;
    assert.equal(budget.spend(), true);
  });

  it('forgets crashes after three minutes, and all of them on reset', () => {
    let now = 0;
    const budget = new CrashBudget(() => now);
    budget.spend();
    budget.spend();
    now = 180_000;
    assert.equal(budget.spend(), false);
    budget.reset();
    assert.equal(budget.spend(), false);
  });
});
