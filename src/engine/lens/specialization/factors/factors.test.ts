import assert from 'node:assert/strict';
import { benjaminiHochberg } from '../../../../numerics/benjaminiHochberg.ts';
import { TorchGenerator } from '../../../../numerics/random.ts';
import { type Column, columnScore, ranked } from './columnScores.ts';
import { matchedPairs, type Pair } from './matchedPairs.ts';
import { untrainedColumns } from './sceneColumns.ts';
import { sparseProbe } from './sparseProbe.ts';
import { factorNames, factorPairs } from './statedFactors.ts';

const pairs = (count: number, from = 0): readonly Pair[] =>
  Array.from({ length: count }, (_, i) => [from + 2 * i, from + 2 * i + 1]);

/** Noise in every picture; some columns are larger by so much where the first of a pair stands. */
function columnsOf(count: number, pictures: number, planted: Record<number, number>, seed: number) {
  const chance = new TorchGenerator(seed);
  return Array.from({ length: count }, (_, id): Column => {
    const values = chance.randn(pictures).map((value, i) => value + (i % 2 === 0 ? (planted[id] ?? 0) : 0)); // prettier-ignore
    return { id, values };
  });
}

describe('factors of scenes', () => {
  it('are what enough prompts state, each once', () => {
    const pictures = Array.from({ length: 40 }, (_, i) => ({
      ...{ prompt: '', seed: i },
      // Background and place are stated together; a castle is rare.
      said: {
        ...(i % 4 < 2 && { style: [i % 8 < 2 ? 'ink' : 'oil'], place: ['sea'] }),
        ...(i === 5 && { thing: ['castle'] }),
      },
    }));
    const names = (pairsMin: number) => factorNames({ pairsMin, pictures: [...pictures] });
    assert.deepEqual(names(10), ['place']);
    assert.deepEqual(names(5), ['place', 'style: ink', 'style: oil']);
    const place = factorPairs(pictures, 'place');
    assert.ok(place.choosing.flat().every((picture) => picture % 2 === 0));
    assert.ok(place.testing.every(([one, other]) => one % 4 === 1 && other % 4 === 3));
  });

  it('negatives are most like their positives in what else is stated, each used once', () => {
    const isPositive = [true, true, false, false, false];
    const others = [[true, true], [false, false], [false, false], [false, true], [true, true]]; // prettier-ignore
    const everything = (): boolean => true;
    assert.deepEqual(matchedPairs(isPositive, others, everything), [
      [0, 4],
      [1, 2],
    ]);
    // Where few do not state it, they choose.
    const most = isPositive.map((flag) => !flag);
    assert.deepEqual(matchedPairs(most, others, everything), [
      [4, 0],
      [2, 1],
    ]);
  });

  it('a planted feature is found, with the AUROC of two normal distributions', () => {
    // Φ(1.5 / √2) = 0.8556; of 400 pairs the standard error is about 0.013.
    const columns = columnsOf(50, 1600, { 17: 1.5, 3: -0.8 }, 5);
    const [best, second] = ranked(columns, pairs(400));
    assert.deepEqual([best?.column.id, best?.sign], [17, 1]);
    assert.deepEqual([second?.column.id, second?.sign], [3, -1]);
    const score = columnScore(best!.column, 1, pairs(400, 800), 1);
    assert.ok(Math.abs(score.value - 0.8556) < 0.04, String(score.value));
    assert.ok(score.low < 0.8556 && score.high > 0.8556 && score.high - score.low < 0.08);
    assert.ok(score.pValue === 0.001 && score.nullHigh < 0.55);
    const weak = columnScore(second!.column, -1, pairs(400, 800), 1);
    // Φ(0.8 / √2) = 0.7142
    assert.ok(Math.abs(weak.value - 0.7142) < 0.05, String(weak.value));
  });

  it('random features are marked in at most one of twenty tables', () => {
    let marked = 0;
    for (let run = 0; run < 20; run++) {
      const pValues = [0, 1, 2, 3].map((block) => {
        const columns = columnsOf(30, 160, {}, 100 * run + block);
        const [best] = ranked(columns, pairs(40));
        return columnScore(best!.column, best!.sign, pairs(40, 80), run).pValue;
      });
      if (benjaminiHochberg(pValues).some((q) => q <= 0.05)) marked++;
    }
    // Expected: one of twenty at most; four and more would happen by chance in 1.6 %. test/soak has 100.
    assert.ok(marked <= 3, String(marked));
  });

  it('a sparse probe adds what single features lack, and noise adds little', () => {
    const columns = columnsOf(40, 1600, { 1: 0.8, 2: 0.8, 3: 0.8, 4: 0.8 }, 9);
    const scores = sparseProbe(columns, pairs(400), pairs(400, 800));
    // Φ(0.8 / √2) = 0.714 for one, Φ(√4 · 0.8 / √2) = 0.871 for four.
    assert.ok(Math.abs(scores[0]! - 0.714) < 0.05, String(scores));
    assert.ok(Math.abs(scores[2]! - 0.871) < 0.04, String(scores));
    assert.ok(scores[5]! > scores[2]! - 0.03, String(scores));
    const chance = sparseProbe(columnsOf(40, 1600, {}, 10), pairs(400), pairs(400, 800));
    assert.ok(
      chance.every((score) => Math.abs(score - 0.5) < 0.07),
      String(chance),
    );
  });

  it('the untrained U-net has its channels by scene, without those that overflowed', () => {
    const scenes = [
      { scene: 2, blocks: { a: [7, 8, 9] } },
      { scene: 0, blocks: { a: [1, null, 3] } },
      { scene: 1, blocks: { a: [4, 5, 6] } },
    ];
    assert.deepEqual(untrainedColumns(scenes, 'a', 3), [
      { id: 0, values: Float64Array.of(1, 4, 7) },
      { id: 2, values: Float64Array.of(3, 6, 9) },
    ]);
    assert.deepEqual(untrainedColumns(scenes, 'a', 4), []);
    assert.deepEqual(untrainedColumns(scenes, 'b', 3), []);
    assert.deepEqual(untrainedColumns([], 'a', 3), []);
  });
});
