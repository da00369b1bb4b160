import assert from 'node:assert/strict';
import { TorchGenerator } from '../../../numerics/random.ts';
import { simulateBlocks, simulateCrossed } from '../../../../test/support/simulatedEffects.ts';
import { blockSpecialization } from './blockSpecialization.ts';
import { crossedBootstrap, crossedIntervals, intervalOf } from './crossedBootstrap.ts';
import { atMatchedEffect, commonEffect, type DoseEffects } from './matchedEffect.ts';
import { meanInterval } from './meanInterval.ts';

describe('intervals over features and prompts', () => {
  it('one bootstrap of a constant has no width, and its mean is the mean', () => {
    const [interval] = crossedIntervals(
      [
        [
          [2, 2],
          [2, 2],
        ],
      ],
      1,
    );
    assert.deepEqual(interval, { value: 2, low: 2, high: 2 });
    const { means } = crossedBootstrap(
      [
        [
          [
            [1, 2],
            [3, 6],
          ],
          [
            [0, 0],
            [4, 0],
          ],
        ],
      ],
      1,
      3,
    );
    assert.deepEqual(means, [3, 1]);
  });

  it('covers the true mean as often as it says', () => {
    // 200 runs: 95 % ± 2 % and what chance adds (standard error 1.5 %); test/soak has 2,000 runs.
    const chance = new TorchGenerator(7);
    let covered = 0;
    const runs = 200;
    for (let run = 0; run < runs; run++) {
      const spread = { feature: 1, prompt: 0.7, rest: 1 };
      const values = simulateCrossed(3, [12, 16], spread, chance);
      const { deviations, means } = crossedBootstrap([[values]], run, 400);
      const { low, high } = intervalOf(
        means[0]!,
        deviations.map((each) => each[0]!),
      );
      if (low <= 3 && 3 <= high) covered++;
    }
    assert.ok(covered / runs >= 0.9 && covered / runs <= 0.995, String(covered / runs));
  });

  it('refuses what has no replicates', () => {
    assert.throws(() => crossedIntervals([[[1, 2]]], 1), /needs 2 of each.*got 1 and 2/);
    assert.throws(
      () =>
        crossedIntervals(
          [
            [
              [1, 2],
              [1, 2],
            ],
            [[1], [1]],
          ],
          1,
        ),
      /got 2 and 1/,
    );
  });

  it('a mean over prompts has the interval of Student’s t', () => {
    // scipy.stats.t.interval(0.95, 3, 2.5, scipy.stats.sem([1, 2, 3, 4]))
    const { value, low, high } = meanInterval([1, 2, 3, 4]);
    assert.ok(
      value === 2.5 && Math.abs(low - 0.4457397) < 1e-6 && Math.abs(high - 4.5542603) < 1e-6,
    );
    assert.deepEqual(meanInterval([3]), { value: 3, low: -Infinity, high: Infinity });
  });
});

describe('specialization', () => {
  it('a receptive field alone is none, for features and random directions alike', () => {
    let found = 0;
    for (let seed = 0; seed < 15; seed++) {
      const { effects, controls } = simulateBlocks(0, seed);
      if (blockSpecialization(effects, controls, seed).isAny) found++;
    }
    // Expected 0.75 of 15; test/soak counts 100.
    assert.ok(found <= 4, String(found));
    const { effects, controls } = simulateBlocks(0, 1);
    const without = controls.map((factors) =>
      factors.map((rows) => rows.map((row) => row.map(() => 0))),
    );
    assert.ok(
      blockSpecialization(effects, without, 1).isAny,
      'without the control it passes for one',
    );
  });

  it('finds the block that does one thing more', () => {
    const { effects, controls } = simulateBlocks(4, 3);
    const { cells, isAny } = blockSpecialization(effects, controls, 3);
    assert.ok(isAny && cells[0]?.[0]?.isSpecial);
    const { profile, interaction } = cells[0][0];
    assert.ok(profile.low > 0 && interaction.low > 0 && interaction.value < profile.value);
    const largest = cells.flat().sort((a, b) => b.interaction.value - a.interaction.value)[0];
    assert.equal(largest, cells[0][0]);
    // Rows and columns of interactions sum to 0.
    for (const row of cells) {
      const sum = row.reduce((total, cell) => total + cell.interaction.value, 0);
      assert.ok(Math.abs(sum) < 1e-12);
    }
  });
});

describe('matched effects', () => {
  const arm = (scale: number): DoseEffects[] =>
    [1, 2, 4].map((dose) => ({
      dose,
      total: [[scale * dose, 3 * scale * dose]],
      figures: [[[dose * dose, 10 * dose]]],
    }));

  it('takes figures where an arm has the wanted effect, between two doses', () => {
    // Mean total effects 2, 4, 8; 6 lies halfway between doses 2 and 4.
    const matched = atMatchedEffect(arm(1).reverse(), 6);
    assert.deepEqual(matched, { dose: 3, figures: [[[10, 30]]] });
    assert.deepEqual(atMatchedEffect(arm(1), 1), { dose: 0.5, figures: [[[0.5, 5]]] });
    assert.deepEqual(atMatchedEffect(arm(1), 8)?.dose, 4);
  });

  it('never goes beyond the largest dose', () => {
    assert.equal(atMatchedEffect(arm(1), 8.01), undefined);
    assert.equal(commonEffect([arm(1), arm(0.25), arm(3)]), 2);
  });
});
