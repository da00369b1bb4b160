import assert from 'node:assert/strict';
import { contrastSets, type PictureMeans } from './contrastSets.ts';

/** Numbers that repeat: a linear congruence. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
}

describe('contrastSets', () => {
  it('finds the features that differ and confirms them on pictures that did not choose them', () => {
    const random = randomFrom(5);
    const picture = (isLeft: boolean): PictureMeans => {
      const means = new Map<number, number>();
      for (let feature = 0; feature < 200; feature++) {
        if (random() < 0.4) means.set(feature, random());
      }
      // 7 on the left, 9 on the right, in most pictures.
      if (random() < 0.9) means.set(isLeft ? 7 : 9, 2 + random());
      return means;
    };
    const left = Array.from({ length: 40 }, () => picture(true));
    const right = Array.from({ length: 40 }, () => picture(false));
    const { rows, testedCount, confirmedCount, leftCounts } = contrastSets(left, right, 0.05);
    const confirmed = rows.filter(({ isConfirmed }) => isConfirmed).map(({ feature }) => feature);
    assert.deepEqual(
      confirmed.sort((a, b) => a - b),
      [7, 9],
    );
    assert.equal(confirmedCount, 2);
    assert.equal(testedCount, 200);
    assert.deepEqual(leftCounts, { chosenOn: 20, measuredOn: 20 });
    const seven = rows.find(({ feature }) => feature === 7)!;
    assert.ok(seven.measuredOn.auc > 0.8 && seven.measuredOn.differenceLow > 1);
    assert.ok(seven.measuredOn.leftMean > seven.measuredOn.rightMean);
  });

  it('chooses hardly anything where there is no difference', () => {
    const random = randomFrom(8);
    const picture = (): PictureMeans =>
      new Map(Array.from({ length: 300 }, (_, feature) => [feature, random()]));
    let confirmed = 0;
    for (let round = 0; round < 5; round++) {
      const sides = [0, 1].map(() => Array.from({ length: 16 }, picture));
      confirmed += contrastSets(sides[0]!, sides[1]!, 0.05).confirmedCount;
    }
    assert.equal(confirmed, 0);
  });

  it('names what is wrong with its input', () => {
    const four = Array.from({ length: 4 }, () => new Map([[1, 1]]));
    assert.throws(
      () => contrastSets(four.slice(1), four, 0.05),
      /first set has 3 pictures; at least 4/,
    );
    assert.throws(() => contrastSets(four, four, 0.7), /0.7; allowed are 0.001 to 0.5/);
  });
});
