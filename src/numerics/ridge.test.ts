import assert from 'node:assert/strict';
import { auroc } from './auroc.ts';
import { mannWhitney } from './mannWhitney.ts';
import { ridge } from './ridge.ts';

describe('ridge', () => {
  it('equals the normal equations', () => {
    const rows = [
      [1, 2, 0],
      [-1, 0.5, 3],
      [0, -2.5, 1],
      [2, 1, -4],
    ];
    // numpy 2: X = array(rows); linalg.solve(X.T @ X + 0.5 * eye(3), X.T @ [1, 2, -1, 0.5])
    const wanted = [0.22812576163782605, 0.5644650255910308, 0.3144040945649525];
    ridge(rows, [1, 2, -1, 0.5], 0.5).forEach((weight, i) => {
      assert.ok(Math.abs(weight - wanted[i]!) < 1e-12, String(weight));
    });
  });
});

describe('auroc', () => {
  it('equals the rank test’s, with ties', () => {
    const [ones, others] = [
      [3, 1, 2, 2, 5],
      [2, 0, 1, 4],
    ];
    assert.ok(Math.abs(auroc(ones, others) - mannWhitney(ones, others).auc) < 1e-15);
    assert.equal(auroc([2], [1]), 1);
    assert.equal(auroc([0, 0], [0]), 0.5);
  });
});
