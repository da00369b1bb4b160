import assert from 'node:assert/strict';
import { CoActivity } from './coActivity.ts';
import { PeakSample, StrongestPeaks } from './examplePlaces.ts';
import { FrequentKeys } from './frequentKeys.ts';
import { IndexState } from './indexState.ts';
import { wordsOf } from './promptWords.ts';

/** Numbers that repeat: a linear congruence. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
}

describe('counts in bounded memory', () => {
  it('count keys exactly while there is room, and bound the error beyond', () => {
    const random = randomFrom(1);
    const counts = new FrequentKeys(1, 50);
    const truth = new Map<number, number>();
    for (let i = 0; i < 20_000; i++) {
      const key = Math.floor(200 ** random()) - 1;
      counts.add(0, key, 0.5);
      truth.set(key, (truth.get(key) ?? 0) + 1);
    }
    const kept = counts.of(0);
    assert.equal(kept.length, 50);
    for (const { key, count, error } of kept) {
      const real = truth.get(key)!;
      assert.ok(count >= real && count - error <= real, `${key}: ${count} - ${error} for ${real}`);
    }
    for (const [key, count] of truth) {
      if (count > 20_000 / 50) assert.ok(kept.some((each) => each.key === key));
    }
  });

  it('sample pictures evenly, whatever the order in which they come', () => {
    const [forth, back] = [new PeakSample(1, 100), new PeakSample(1, 100)];
    const peak = (picture: number) => ({ picture, value: picture, cell: 0, step: 0 });
    for (let picture = 0; picture < 10_000; picture++) {
      forth.add(0, peak(picture));
      back.add(0, peak(9999 - picture));
    }
    assert.deepEqual(forth.of(0), back.of(0));
    const mean = forth.of(0).reduce((sum, { picture }) => sum + picture, 0) / 100;
    // Standard error of the mean of 100 even draws from 10,000: 289; four of them.
    assert.ok(Math.abs(mean - 5000) < 1160, `mean ${mean}`);
  });

  it('keep the strongest, ties by lower picture', () => {
    const strongest = new StrongestPeaks(1, 3);
    [1, 5, 5, 2, 9, 5].forEach((value, picture) => {
      strongest.add(0, { picture, value, cell: 0, step: 0 });
    });
    assert.deepEqual(
      strongest.of(0).map(({ picture, value }) => [picture, value]),
      [
        [4, 9],
        [1, 5],
        [2, 5],
      ],
    );
  });

  it('find the same partners with a counter for each pair and without', () => {
    const featureCounts = [8000, 9000];
    const [exact, bounded] = featureCounts.map((count) => {
      const random = randomFrom(3);
      const pairs = new CoActivity(count);
      const active = new Float64Array(count);
      for (let sample = 0; sample < 3000; sample++) {
        const ids = Int32Array.of(7, random() < 0.8 ? 20 : 21, 30 + Math.floor(random() * 60));
        ids.forEach((id) => (active[id]! += 1));
        pairs.add(ids, 3);
      }
      return { pairs, found: pairs.partnersOf(7, active, 10_000, 5) };
    });
    assert.ok(exact!.pairs.isExact && !bounded!.pairs.isExact);
    assert.deepEqual(bounded!.found, exact!.found);
    // 7 is in every sample: all partners share all of their samples with it.
    for (const { pmi } of exact!.found) assert.ok(Math.abs(pmi - Math.log2(10_000 / 3000)) < 1e-12);
    assert.ok([20, 21].every((id) => exact!.found.some((each) => each.id === id)));
  });

  it('take no more memory for a million pictures than for a thousand', () => {
    const bytesOf = (pictureCount: number): number => {
      const state = new IndexState({
        ...{ nFeatures: 64, dModel: 8, cellCount: 16, stepCount: 2 },
        ...{ pictureCount, exampleLimit: pictureCount, examplesPerInterval: 12 },
      });
      return Object.values(state.arrays()).reduce((sum, { byteLength }) => sum + byteLength, 0);
    };
    assert.equal(bytesOf(1_000_000), bytesOf(1000));
  });

  it('take words out of prompts', () => {
    assert.deepEqual(wordsOf("A cat's half-open EYE, an 8-bit cat's eye… ёлка 猫"), [
      ...['a', "cat's", 'half-open', 'eye', 'an', '8-bit', 'ёлка', '猫'],
    ]);
    assert.deepEqual(wordsOf('!?'), []);
  });
});
