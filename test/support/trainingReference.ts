import type { StepShape } from '../../src/engine/onnx/training/stepShape.ts';

/** Parameters in float64; matrices are rows of features. */
export interface Parameters64 {
  readonly encoder: Float64Array; // [n, d]
  readonly decoder: Float64Array; // [n, d]
  readonly preBias: Float64Array; // [d]
  readonly latentBias: Float64Array; // [n]
}

/** What the auxiliary loss takes as constant while parameters move: r = x - x_hat, and which features are dead. */
export interface Frozen {
  readonly residual: Float64Array; // [batch, d]
  readonly preBias: Float64Array; // [d]
  readonly dead: readonly boolean[]; // [n]
}

interface Problem {
  readonly shape: StepShape;
  readonly x: Float32Array; // [batch, d]
  readonly lossScale: number;
}

/** The loss of a step, term by term as in its definition; slow. */
export function slowLoss(
  problem: Problem,
  parameters: Parameters64,
  frozen: (rebuilt: Float64Array, fired: readonly boolean[]) => Frozen,
): { readonly loss: number; readonly frozen: Frozen } {
  const { shape, x, lossScale } = problem;
  const { dModel: d, nFeatures: n, k, batchSize, auxK, auxCoefficient, rule } = shape;
  const { encoder, decoder, preBias, latentBias } = parameters;
  const activations = new Float64Array(batchSize * n);
  for (let b = 0; b < batchSize; b++) {
    for (let f = 0; f < n; f++) {
      let sum = latentBias[f]!;
      for (let i = 0; i < d; i++) sum += encoder[f * d + i]! * (x[b * d + i]! - preBias[i]!);
      activations[b * n + f] = sum;
    }
  }
  const row = (b: number): number[] => Array.from({ length: n }, (_, f) => b * n + f);
  const largest = (places: readonly number[], count: number): number[] =>
    places.toSorted((p, q) => activations[q]! - activations[p]!).slice(0, count);
  const rows = Array.from({ length: batchSize }, (_, b) => row(b));
  const kept =
    rule === 'topk'
      ? rows.flatMap((places) => largest(places, k))
      : largest(rows.flat(), k * batchSize);

  const decode = (places: readonly number[]): Float64Array => {
    const sums = Float64Array.from({ length: batchSize * d }, (_, at) => preBias[at % d]!);
    for (const place of places) {
      const [b, f] = [Math.floor(place / n), place % n];
      const code = Math.max(0, activations[place]!);
      for (let i = 0; i < d; i++) sums[b * d + i]! += code * decoder[f * d + i]!;
    }
    return sums;
  };
  const rebuilt = decode(kept);
  const fired = Array.from({ length: n }, (_, f) =>
    kept.some((place) => place % n === f && activations[place]! > 1e-3),
  );
  const constants = frozen(rebuilt, fired);
  const { residual, dead } = constants;
  const main = meanSquare(rebuilt.map((value, at) => value - x[at]!));
  const aux = decode(
    rows.flatMap((places) =>
      largest(
        places.filter((place) => dead[place % n]),
        auxK,
      ),
    ),
  );
  const means = Float64Array.from({ length: d }, (_, i) => {
    let sum = 0;
    for (let b = 0; b < batchSize; b++) sum += residual[b * d + i]!;
    return sum / batchSize;
  });
  const spread = meanSquare(residual.map((value, at) => value - means[at % d]!));
  const miss = meanSquare(
    aux.map((value, at) => value - residual[at]! - constants.preBias[at % d]!),
  );
  return { loss: lossScale * main + (auxCoefficient * miss) / spread, frozen: constants };
}

const meanSquare = (values: Float64Array): number =>
  values.reduce((sum, value) => sum + value * value, 0) / values.length;
