import assert from 'node:assert/strict';
import { TorchGenerator } from './random.ts';
import { signFlipP } from './signFlip.ts';

describe('sign flips', () => {
  it('few differences: all flips, by hand', () => {
    assert.equal(signFlipP([1, 2, 3], 0), 2 / 8);
    // Sums of the flips: ±(1 + 2 - 3) and larger ones.
    assert.equal(signFlipP([1, 2, -3], 0), 1);
    assert.equal(signFlipP([1, -2, 4], 0), 6 / 8);
    assert.equal(signFlipP([0, 0], 0), 1);
  });

  it('nine of one sign have the least p that nine can have', () => {
    assert.equal(signFlipP(Array.from({ length: 9 }, (_, i) => 1 + i), 3), 2 / 512); // prettier-ignore
    assert.equal(
      signFlipP(
        Array.from({ length: 40 }, () => 1),
        3,
      ),
      0.001,
    );
  });

  for (const count of [8, 30]) {
    it(`by chance one of twenty is below 0.05, of ${count} differences`, () => {
      const chance = new TorchGenerator(5);
      const runs = 600;
      let low = 0;
      for (let run = 0; run < runs; run++) {
        if (signFlipP([...chance.randn(count + 16).slice(0, count)], run) <= 0.05) low++;
      }
      // 0.05 ± 3 standard errors of 0.009; with 8 differences p has steps of 1/128.
      assert.ok(low / runs > 0.02 && low / runs < 0.077, String(low / runs));
    });
  }
});
