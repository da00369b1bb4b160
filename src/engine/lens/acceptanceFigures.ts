import { invalidInput } from '../../protocol/errors.ts';
import type { SaeDefinition } from '../models/sae/saeDefinition.ts';
import { decodeCells, encodeCells, type SparseCodes } from './dictionary/encode.ts';

/** How well an SAE rebuilds a set of samples; the formulas go with every figure that is shown. */
export interface FitFigures {
  readonly cellCount: number;
  readonly explainedVariance: number;
  readonly rSquared: number;
  /** Mean number of active features a cell. */
  readonly l0: number;
  /** Share of features that are active in none of these cells. */
  readonly deadShare: number;
}

export const formulas = {
  explainedVariance:
    'mean over dimensions of 1 - Var(x - x_hat) / (Var(x) + 1e-8), population variance over all cells',
  rSquared:
    '1 - Σ‖x - x_hat‖² / Σ‖x - x_mean‖² over all cells; unlike the other it counts a constant error',
} as const;

/**
 * Sums for explained variance and R² of one sample set, cell by cell in float64.
 *
 * @source FACTS of the method: Surkov et al. 2024; sdxl-unbox scripts/train_sae.py `explained_variance`, whose published
 *   plot divides by Var(x_hat) instead
 */
export class FitSums {
  readonly #dModel: number;
  readonly #sample: Float64Array; // [d]
  readonly #sampleSquares: Float64Array; // [d]
  readonly #error: Float64Array; // [d]
  readonly #errorSquares: Float64Array; // [d]
  readonly #isAlive: Uint8Array; // [n]
  #cells = 0;
  #active = 0;

  constructor({ dModel, nFeatures }: Pick<SaeDefinition, 'dModel' | 'nFeatures'>) {
    this.#dModel = dModel;
    this.#sample = new Float64Array(dModel);
    this.#sampleSquares = new Float64Array(dModel);
    this.#error = new Float64Array(dModel);
    this.#errorSquares = new Float64Array(dModel);
    this.#isAlive = new Uint8Array(nFeatures);
  }

  /**
   * Encodes, decodes and adds cells.
   *
   * @param hidden f32 `[positions, dModel]`
   */
  add(sae: SaeDefinition, hidden: Float32Array, positions: number): void {
    const codes = encodeCells(sae, hidden, positions);
    this.addCoded(hidden, codes, decodeCells(sae, codes, codes.norms));
  }

  /**
   * Adds cells that were encoded elsewhere.
   *
   * @param hidden f32 `[positions, dModel]`; `rebuilt` what the codes decode to, as long
   */
  addCoded(
    hidden: Float32Array,
    codes: Pick<SparseCodes, 'ids' | 'positions'>,
    rebuilt: Float64Array,
  ): void {
    for (let i = 0; i < hidden.length; i++) {
      const at = i % this.#dModel;
      const x = hidden[i] ?? 0;
      const e = x - (rebuilt[i] ?? 0);
      this.#sample[at] = (this.#sample[at] ?? 0) + x;
      this.#sampleSquares[at] = (this.#sampleSquares[at] ?? 0) + x * x;
      this.#error[at] = (this.#error[at] ?? 0) + e;
      this.#errorSquares[at] = (this.#errorSquares[at] ?? 0) + e * e;
    }
    for (const id of codes.ids) this.#isAlive[id] = 1;
    this.#active += codes.ids.length;
    this.#cells += codes.positions;
  }

  /** Mean of x - x_hat over the cells so far, f64 `[d]`. */
  meanError(): Float64Array {
    return this.#error.map((sum) => sum / this.#cells);
  }

  /** Throws `invalidInput` for fewer than two cells: variance needs them. */
  figures(): FitFigures {
    const count = this.#cells;
    if (count < 2) throw invalidInput(`Acceptance needs at least 2 cells, got ${String(count)}.`);
    let explained = 0;
    let residual = 0;
    let total = 0;
    for (let i = 0; i < this.#dModel; i++) {
      const mean = (this.#sample[i] ?? 0) / count;
      const variance = Math.max(0, (this.#sampleSquares[i] ?? 0) / count - mean * mean);
      const meanError = (this.#error[i] ?? 0) / count;
      const squareError = (this.#errorSquares[i] ?? 0) / count;
      explained += 1 - Math.max(0, squareError - meanError * meanError) / (variance + 1e-8);
      residual += squareError;
      total += variance;
    }
    const alive = this.#isAlive.reduce((sum, flag) => sum + flag, 0);
    return {
      cellCount: count,
      explainedVariance: explained / this.#dModel,
      rSquared: total > 0 ? 1 - residual / total : Number.NaN,
      l0: this.#active / count,
      deadShare: 1 - alive / this.#isAlive.length,
    };
  }
}
