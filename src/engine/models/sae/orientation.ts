import { modelError } from '../../../protocol/errors.ts';

/** Evidence that rows of encoder and decoder belong together. */
export interface OrientationProof {
  /** Median norm of the decoder's rows (one a feature); trained SAEs keep it near 1. */
  readonly decoderRowNorm: number;
  /** Share of features whose encoder and decoder rows point the same way; 0.5 by chance. */
  readonly alignedShare: number;
  /** Mean cosine of a feature's encoder and decoder row; 0 by chance. */
  readonly meanCosine: number;
}

/**
 * Measures how well feature i's encoder row fits its decoder row. Encoders start as the decoder's transpose and stay
 * close, so that a wrong orientation or ignored strides show as chance. Rows of zeros do not count.
 *
 * @param encoder f32 `[n, d]`
 * @param decoder f32 `[n, d]`
 */
export function proveOrientation(
  encoder: Float32Array,
  decoder: Float32Array,
  nFeatures: number,
  dModel: number,
): OrientationProof {
  const norms: number[] = [];
  let aligned = 0;
  let cosines = 0;
  for (let feature = 0; feature < nFeatures; feature++) {
    let dot = 0;
    let encoderSquares = 0;
    let decoderSquares = 0;
    const end = (feature + 1) * dModel;
    for (let i = feature * dModel; i < end; i++) {
      const e = encoder[i] ?? 0;
      const w = decoder[i] ?? 0;
      dot += e * w;
      encoderSquares += e * e;
      decoderSquares += w * w;
    }
    const product = Math.sqrt(encoderSquares * decoderSquares);
    if (!(product > 0)) continue;
    norms.push(Math.sqrt(decoderSquares));
    if (dot > 0) aligned++;
    cosines += dot / product;
  }
  if (norms.length === 0) return { decoderRowNorm: 0, alignedShare: 0, meanCosine: 0 };
  norms.sort((a, b) => a - b);
  return {
    decoderRowNorm: norms[norms.length >> 1] ?? 0,
    alignedShare: aligned / norms.length,
    meanCosine: cosines / norms.length,
  };
}

/** Above this mean cosine the rows surely belong together: chance gives 0 ± 1/sqrt(n·d), under 0.01 for any real SAE. */
const provenCosine = 0.1;

export const isProven = (proof: OrientationProof): boolean =>
  proof.meanCosine >= provenCosine && proof.alignedShare >= 0.75;

/** One line for the person. */
export function describeProof(proof: OrientationProof): string {
  const share = `${(proof.alignedShare * 100).toFixed(1)} % of the features`;
  const cosine = `mean cosine ${proof.meanCosine.toFixed(3)}`;
  const norm = `median decoder norm ${proof.decoderRowNorm.toPrecision(4)}`;
  return `encoder and decoder agree for ${share} (${cosine}, ${norm})`;
}

/**
 * f32 `[rows, columns]` to `[columns, rows]`.
 *
 * @throws `model` when the length does not fit
 */
export function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  if (values.length !== rows * columns) {
    throw modelError(`A matrix [${String(rows)}, ${String(columns)}] has ${String(values.length)} values.`);
  }
  const out = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      out[column * rows + row] = values[row * columns + column] ?? 0;
    }
  }
  return out;
}
