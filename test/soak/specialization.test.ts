import assert from 'node:assert/strict';
import { blockSpecialization } from '../../src/engine/lens/specialization/blockSpecialization.ts';
import {
  crossedBootstrap,
  intervalOf,
} from '../../src/engine/lens/specialization/crossedBootstrap.ts';
import { TorchGenerator } from '../../src/numerics/random.ts';
import { simulateBlocks, simulateCrossed } from '../support/simulatedEffects.ts';

describe('statistics of block specialization', function () {
  this.timeout(600_000);

  for (const [name, spread] of [
    ['features differ', { feature: 1, prompt: 0.2, rest: 0.5 }],
    ['prompts differ', { feature: 0.2, prompt: 1, rest: 0.5 }],
    ['both differ', { feature: 0.7, prompt: 0.7, rest: 0.5 }],
  ] as const) {
    it(`intervals cover the true mean in 93 to 97 % of 3,000 runs: ${name}`, () => {
      const chance = new TorchGenerator(11);
      let covered = 0;
      const runs = 3000;
      for (let run = 0; run < runs; run++) {
        const values = simulateCrossed(3, [20, 24], spread, chance);
        const { deviations, means } = crossedBootstrap([[values]], run, 500);
        const { low, high } = intervalOf(
          means[0]!,
          deviations.map((each) => each[0]!),
        );
        if (low <= 3 && 3 <= high) covered++;
      }
      const share = covered / runs;
      assert.ok(share >= 0.93 && share <= 0.97, String(share));
    });
  }

  it('a null model shows no specialization in at least 95 of 100 runs', () => {
    let none = 0;
    for (let seed = 1000; seed < 1100; seed++) {
      const { effects, controls } = simulateBlocks(0, seed);
      if (!blockSpecialization(effects, controls, seed).isAny) none++;
    }
    assert.ok(none >= 95, String(none));
  });
});
