import assert from 'node:assert/strict';
import { readGoldenJson } from '../../test/support/golden.ts';
import { deltaE2000 } from './deltaE.ts';
import { gradientLengths } from './gradients.ts';
import { toLab } from './lab.ts';
import { mannWhitney } from './mannWhitney.ts';
import { frequencyShares } from './octaves.ts';
import { otsuThreshold } from './otsu.ts';
import { wasserstein } from './wasserstein.ts';

interface Golden {
  readonly pairs: readonly { one: number[]; other: number[]; lab: number[]; deltaE: number }[];
  readonly sharma: readonly { one: number[]; other: number[]; deltaE: number }[];
  readonly samples: readonly {
    values: number[];
    other: number[];
    otsu: number;
    gradient: number[];
    wasserstein: number;
  }[];
  readonly rankings: readonly { scores: number[]; labels: number[]; auroc: number }[];
}

const near = (value: number, expected: number, tolerance: number, what: string): void => {
  assert.ok(Math.abs(value - expected) <= tolerance, `${what}: ${value}, ${expected}`);
};

describe('colours and textures', () => {
  const { pairs, sharma, samples, rankings } = readGoldenJson('colour.json') as Golden;

  it('L*a*b* and ΔE2000 equal scikit-image', () => {
    assert.equal(pairs.length, 40);
    for (const { one, other, lab, deltaE } of pairs) {
      const [a, b] = [toLab(Uint8Array.from(one)), toLab(Uint8Array.from(other))];
      // float64; its matrix product rounds in another order, and L*a*b* multiplies by up to 500.
      lab.forEach((value, i) => {
        near(a[i]!, value, 1e-4, `L*a*b* of ${one.join()}`);
      });
      near(deltaE2000(a, b), deltaE, 1e-4, `ΔE of ${one.join()} and ${other.join()}`);
    }
  });

  it('ΔE2000 is right where hues lie opposite each other', () => {
    assert.equal(sharma.length, 34);
    for (const { one, other, deltaE } of sharma) {
      // float64 on both sides.
      near(deltaE2000(one, other), deltaE, 1e-9, one.join());
      near(deltaE2000(other, one), deltaE, 1e-9, `${one.join()}, the other way round`);
    }
  });

  it("Otsu's threshold, gradients and Wasserstein distances equal the references", () => {
    for (const { values, other, otsu, gradient, wasserstein: distance } of samples) {
      near(otsuThreshold(values), otsu, 1e-9, 'threshold');
      const lengths = gradientLengths(values, 12, 8);
      gradient.forEach((value, i) => {
        near(lengths[i]!, value, 1e-12, `gradient ${i}`);
      });
      const moved = wasserstein(Float64Array.from(values), Float64Array.from(other));
      near(moved, distance, 1e-9, 'distance');
    }
    assert.equal(otsuThreshold([2, 2, 2]), -Infinity);
  });

  it('the area under the curve equals scikit-learn, ties included', () => {
    for (const { scores, labels, auroc } of rankings) {
      const of = (label: number): number[] => scores.filter((_, i) => labels[i] === label);
      near(mannWhitney(of(1), of(0)).auc, auroc, 1e-12, 'AUROC');
    }
  });

  it('splits energy by octaves', () => {
    const size = 32;
    const made = (value: (x: number, y: number) => number): number[] =>
      Array.from({ length: size * size }, (_, i) => value(i % size, Math.floor(i / size)));
    const stripes = (period: number) => made((x) => (x % period < period / 2 ? 1 : -1));
    assert.deepEqual(frequencyShares(stripes(2), size, size), { low: 0, middle: 0, high: 1 });
    assert.deepEqual(frequencyShares(stripes(8), size, size), { low: 0, middle: 1, high: 0 });
    assert.deepEqual(frequencyShares(stripes(32), size, size), { low: 1, middle: 0, high: 0 });
    assert.equal(
      frequencyShares(
        made(() => 0),
        size,
        size,
      ),
      null,
    );
    assert.equal(frequencyShares([1, 2], 2, 1), null);
    const mixed = frequencyShares(
      made((x, y) => Math.sin(x * x + 3 * y)),
      size,
      size,
    );
    near((mixed?.low ?? 0) + (mixed?.middle ?? 0) + (mixed?.high ?? 0), 1, 1e-12, 'sum');
  });
});
