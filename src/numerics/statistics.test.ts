import assert from 'node:assert/strict';
import { balancedAccuracy } from './balancedAccuracy.ts';
import { benjaminiHochberg } from './benjaminiHochberg.ts';
import { normalTail, studentT975 } from './distributions.ts';
import { mannWhitney } from './mannWhitney.ts';
import { strengthBin, strengthBinCount, strengthEdges } from './strengthBins.ts';

/** Expected values: scipy 1.17.1. Relative, in float64; the approximation of the normal tail is good to 1.2e-7. */
const near = (got: number, expected: number, tolerance = 1e-6): void => {
  assert.ok(Math.abs(got - expected) <= tolerance * Math.abs(expected), `${got} for ${expected}`);
};

describe('statistics', () => {
  it('has the tails of the normal and the t distribution', () => {
    near(normalTail(0), 0.5);
    near(normalTail(1), 0.158655254);
    near(normalTail(4), 3.16712418e-5);
    for (const [degrees, expected] of [
      [1, 12.706204736174694],
      [2, 4.302652729749462],
      [5.5, 2.501858617589239],
      [30, 2.0422724563012378],
    ] as const) {
      near(studentT975(degrees), expected, 1e-9);
    }
  });

  it('adjusts p-values as Benjamini and Hochberg do', () => {
    const adjusted = benjaminiHochberg([0.01, 0.04, 0.03, 0.2, 0.5]);
    [0.05, 0.2 / 3, 0.2 / 3, 0.25, 0.5].forEach((expected, i) => {
      near(adjusted[i]!, expected, 1e-12);
    });
    assert.deepEqual(benjaminiHochberg([]), []);
  });

  it('tests ranks: counted for few values, approximated for many, with ties', () => {
    const few = mannWhitney([0, 0, 1, 3, 2.5], [0, 0, 0, 0.5]);
    assert.equal(few.auc, 0.75);
    near(few.pValue, 0.24603174603174602, 1e-12);
    const many = mannWhitney(
      [0, 0, 1, 3, 2.5, 4, 0, 6, 7, 1, 0, 2],
      [0, 0, 0, 1, 0, 2, 0, 0, 1, 0, 0.5, 0],
    );
    near(many.auc, 0.7465277777777778, 1e-12);
    near(many.pValue, 0.030359840480392152);
    assert.deepEqual(mannWhitney([1, 1], [1, 1]), { auc: 0.5, pValue: 1 });
    assert.deepEqual(mannWhitney([], [1]), { auc: 0.5, pValue: 1 });
  });

  it('gives a balanced accuracy with its interval', () => {
    // Four million draws from Beta(5, 2) and Beta(6, 1): their error and the grid's are below 0.001.
    const { value, low, high } = balancedAccuracy({
      positives: 5,
      hits: 4,
      negatives: 5,
      correctRejections: 5,
    });
    assert.equal(value, 0.9);
    assert.ok(Math.abs(low - 0.56202) < 1e-3 && Math.abs(high - 0.94701) < 1e-3, `${low} ${high}`);
  });

  it('bins strengths by half octaves, edges in the upper bin', () => {
    for (let bin = 0; bin < strengthBinCount; bin++) {
      assert.equal(strengthBin(strengthEdges[bin]!), bin);
      assert.equal(strengthBin(strengthEdges[bin]! * 1.4), bin);
    }
    assert.equal(strengthBin(1e-30), 0);
    assert.equal(strengthBin(1e30), strengthBinCount - 1);
  });
});
