import { strengthBin, strengthBinCount } from '../../../numerics/strengthBins.ts';

export interface IndexShape {
  readonly nFeatures: number;
  readonly dModel: number;
  readonly cellCount: number;
  readonly stepCount: number;
  /** Pictures of the whole set. */
  readonly pictureCount: number;
  /** Only pictures below this index may be shown. */
  readonly exampleLimit: number;
  readonly examplesPerInterval: number;
}

/** Typed arrays by name: what a part of the index knows so far, as it is written to disk and read back. */
export type StateArrays = Readonly<
  Record<string, Float64Array | Float32Array | Uint32Array | Int32Array | Uint16Array | Uint8Array>
>;

/** Sums over samples and pictures of every feature; memory `nFeatures · (cells + 64 + …)`, whatever the set's size. */
export class FeatureSums {
  readonly #shape: IndexShape;
  /** Active samples. */
  readonly count: Float64Array; // [n]
  readonly sum: Float64Array; // [n]
  readonly squares: Float64Array; // [n]
  readonly max: Float32Array; // [n]
  readonly stepCount: Float64Array; // [steps, n]
  readonly histogram: Float64Array; // [n, bins]
  /** Sum of strengths in each cell. */
  readonly prior: Float64Array; // [n, cells]
  readonly activePictures: Float64Array; // [n]
  /** Of the picture's mean over its samples. */
  readonly pictureSum: Float64Array; // [n]
  readonly pictureSquares: Float64Array; // [n]

  constructor(shape: IndexShape) {
    const { nFeatures: n, cellCount, stepCount } = shape;
    this.#shape = shape;
    this.count = new Float64Array(n);
    this.sum = new Float64Array(n);
    this.squares = new Float64Array(n);
    this.max = new Float32Array(n);
    this.stepCount = new Float64Array(stepCount * n);
    this.histogram = new Float64Array(n * strengthBinCount);
    this.prior = new Float64Array(n * cellCount);
    this.activePictures = new Float64Array(n);
    this.pictureSum = new Float64Array(n);
    this.pictureSquares = new Float64Array(n);
  }

  /** One active sample. */
  addSample(id: number, value: number, cell: number, step: number): void {
    this.count[id]! += 1;
    this.sum[id]! += value;
    this.squares[id]! += value * value;
    if (value > this.max[id]!) this.max[id] = value;
    this.stepCount[step * this.#shape.nFeatures + id]! += 1;
    this.histogram[id * strengthBinCount + strengthBin(value)]! += 1;
    this.prior[id * this.#shape.cellCount + cell]! += value;
  }

  /** One picture in which it was active. @param strengthSum over the picture's samples */
  addPicture(id: number, strengthSum: number): void {
    const mean = strengthSum / (this.#shape.cellCount * this.#shape.stepCount);
    this.activePictures[id]! += 1;
    this.pictureSum[id]! += mean;
    this.pictureSquares[id]! += mean * mean;
  }

  arrays(): StateArrays {
    return {
      count: this.count,
      sum: this.sum,
      squares: this.squares,
      max: this.max,
      stepCount: this.stepCount,
      histogram: this.histogram,
      prior: this.prior,
      activePictures: this.activePictures,
      pictureSum: this.pictureSum,
      pictureSquares: this.pictureSquares,
    };
  }
}
