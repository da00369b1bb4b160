import type { FitOfStep } from '../../../protocol/indexes.ts';
import type { IndexShape, StateArrays } from './featureSums.ts';
import type { EncodedSums } from './saeEncoder.ts';

const sumNames = ['sampleSum', 'sampleSquares', 'errorSum', 'errorSquares'] as const;
type SumName = (typeof sumNames)[number];

/** Explained variance and R² of each step, from sums over cells; samples are shifted by the same vector throughout. */
export class FitOfSteps {
  readonly #shape: IndexShape;
  readonly #sums: Readonly<Record<SumName, Float64Array>>; // [steps, dModel]
  readonly #cells: Float64Array; // [steps]
  readonly #active: Float64Array; // [steps]

  constructor(shape: IndexShape) {
    this.#shape = shape;
    const make = (): Float64Array => new Float64Array(shape.stepCount * shape.dModel);
    this.#sums = {
      sampleSum: make(),
      sampleSquares: make(),
      errorSum: make(),
      errorSquares: make(),
    };
    this.#cells = new Float64Array(shape.stepCount);
    this.#active = new Float64Array(shape.stepCount);
  }

  add(step: number, cellCount: number, sums: EncodedSums): void {
    const { dModel } = this.#shape;
    this.#cells[step]! += cellCount;
    for (const name of sumNames) {
      const [to, from] = [this.#sums[name], sums[name]];
      for (let i = 0; i < dModel; i++) to[step * dModel + i]! += from[i]!;
    }
  }

  addActive(step: number, count: number): void {
    this.#active[step]! += count;
  }

  /** @param stepIndices of the scheduler, in the order of the sums. @returns all steps pooled, then each */
  figures(stepIndices: readonly number[]): FitOfStep[] {
    const all = stepIndices.map((_, step) => step);
    const each = stepIndices.map((stepIndex, step) => this.#fit([step], stepIndex));
    return [this.#fit(all, null), ...each];
  }

  #fit(steps: readonly number[], stepIndex: number | null): FitOfStep {
    const { dModel } = this.#shape;
    const total = (array: Float64Array, at: (step: number) => number): number =>
      steps.reduce((sum, step) => sum + array[at(step)]!, 0);
    const sampleCount = total(this.#cells, (step) => step);
    let [explained, residual, spread] = [0, 0, 0];
    for (let i = 0; i < dModel; i++) {
      const of = (name: SumName): number =>
        total(this.#sums[name], (step) => step * dModel + i) / sampleCount;
      const variance = Math.max(0, of('sampleSquares') - of('sampleSum') ** 2);
      const errorVariance = Math.max(0, of('errorSquares') - of('errorSum') ** 2);
      explained += 1 - errorVariance / (variance + 1e-8);
      residual += of('errorSquares');
      spread += variance;
    }
    return {
      stepIndex,
      sampleCount,
      explainedVariance: explained / dModel,
      rSquared: spread > 0 ? 1 - residual / spread : Number.NaN,
      l0: total(this.#active, (step) => step) / sampleCount,
    };
  }

  arrays(): StateArrays {
    return {
      ...Object.fromEntries(sumNames.map((name) => [`fit.${name}`, this.#sums[name]])),
      'fit.cells': this.#cells,
      'fit.active': this.#active,
    };
  }
}
