import assert from 'node:assert/strict';
import { blockSpecialization } from '../../src/engine/lens/specialization/blockSpecialization.ts';
import {
  crossedBootstrap,
  intervalOf,
} from '../../src/engine/lens/specialization/crossedBootstrap.ts';
import { columnScore, ranked } from '../../src/engine/lens/specialization/factors/columnScores.ts';
import type { Pair } from '../../src/engine/lens/specialization/factors/matchedPairs.ts';
import { chartsOf } from '../../src/engine/lens/specialization/charts/chartsOf.ts';
import { meanInterval } from '../../src/engine/lens/specialization/meanInterval.ts';
import type { PairRow } from '../../src/engine/lens/specialization/reportRows.ts';
import { benjaminiHochberg } from '../../src/numerics/benjaminiHochberg.ts';
import { TorchGenerator } from '../../src/numerics/random.ts';
import { SeededDraws } from '../../src/numerics/seededDraws.ts';
import { madeUpManifest } from '../support/madeUpReport.ts';
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

  it('a random SAE tells no factor in at least 95 of 100 tables of chart 4', () => {
    const pairs = (from: number): readonly Pair[] =>
      Array.from({ length: 50 }, (_, i) => [from + 2 * i, from + 2 * i + 1]);
    let none = 0;
    for (let run = 0; run < 100; run++) {
      const chance = new TorchGenerator(7000 + run);
      // Four blocks and five factors; the pictures' codes have nothing to do with what is stated.
      const pValues = Array.from({ length: 20 }, () => {
        const columns = Array.from({ length: 30 }, (_, id) => ({ id, values: chance.randn(200) }));
        const [best] = ranked(columns, pairs(0));
        return best ? columnScore(best.column, best.sign, pairs(100), run).pValue : 0;
      });
      if (benjaminiHochberg(pValues).every((q) => q > 0.05)) none++;
    }
    assert.ok(none >= 95, String(none));
  });

  for (const count of [2, 5, 30]) {
    it(`means over ${count} prompts lie in their intervals in 93 to 97 % of 3,000 runs`, () => {
      const chance = new TorchGenerator(31);
      let covered = 0;
      for (let run = 0; run < 3000; run++) {
        const { low, high } = meanInterval([...chance.randn(count + 16).slice(0, count)]);
        if (low <= 0 && 0 <= high) covered++;
      }
      assert.ok(covered >= 2790 && covered <= 2910, String(covered));
    });
  }

  it('pairs that differ as shuffled ones do mark nothing in at least 95 of 100 charts 7', () => {
    const chance = new SeededDraws(41);
    const blocks = ['a', 'b', 'c', 'd'];
    const kinds = Array.from({ length: 9 }, (_, kind) => `kind ${kind}`);
    const transfer = {
      ...{ title: '', featureCount: 20, strengths: [1], frontCount: 2 },
      pairs: Array.from({ length: 9 * 12 }, (_, pair) => ({
        ...{ kind: kinds[pair % 9] ?? '', original: '', edited: '', seed: 0, partner: 0 },
        where: { original: 'everything' as const, edited: 'everything' as const },
      })),
    };
    const settled = { ...madeUpManifest.settled, blocks, transfer };
    /** 40 features in four blocks, of which the last has more. */
    const counts = (): number[] => {
      const list = [0, 0, 0, 0];
      for (let i = 0; i < 40; i++) list[Math.min(3, chance.below(5))]!++;
      return list;
    };
    let none = 0;
    for (let run = 0; run < 100; run++) {
      const drawn = () => ({ raw: counts(), normalised: counts() });
      const rows = transfer.pairs.map((_, pair): PairRow => ({
        ...{ kind: 'pair', pair, isEverywhere: false, pixel: 1 },
        ...{ own: drawn(), shuffled: drawn() },
      }));
      const manifest = { ...madeUpManifest, settled: { ...settled, seed: run } };
      const [chart] = chartsOf(manifest, rows, [7]).charts;
      const marks = chart?.facets.flatMap(({ series }) => series.flatMap((one) => one.marks)) ?? [];
      assert.equal(marks.length, 2 * 2 * 4 * 9);
      if (marks.every(({ isSpecial }) => isSpecial !== true)) none++;
    }
    assert.ok(none >= 95, String(none));
  });

  it('AUROCs lie in their intervals in 93 to 97 % of 1,000 runs', () => {
    // Φ(1 / √2) = 0.7602, of two normal distributions that are 1 apart.
    const chance = new TorchGenerator(23);
    const pairs = Array.from({ length: 60 }, (_, i) => [2 * i, 2 * i + 1] as const);
    let covered = 0;
    for (let run = 0; run < 1000; run++) {
      const values = chance.randn(120).map((value, i) => value + (i % 2 === 0 ? 1 : 0));
      const { low, high } = columnScore({ id: 0, values }, 1, pairs, run);
      if (low <= 0.7602 && 0.7602 <= high) covered++;
    }
    assert.ok(covered >= 930 && covered <= 970, String(covered));
  });

  it('a null model shows no specialization in at least 95 of 100 runs', () => {
    let none = 0;
    for (let seed = 1000; seed < 1100; seed++) {
      const { effects, controls } = simulateBlocks(0, seed);
      if (!blockSpecialization(effects, controls, seed).isAny) none++;
    }
    assert.ok(none >= 95, String(none));
  });
});
