import type { SaeDefinition } from './saeDefinition.ts';

type Weights = Pick<
  SaeDefinition,
  'dModel' | 'nFeatures' | 'encoder' | 'decoder' | 'preBias' | 'latentBias' | 'threshold'
>;

const scaled = (values: Float32Array, factor: number): Float32Array => values.map((v) => v * factor);

/**
 * Moves each decoder row's norm into the encoder: codes grow by it, reconstructions stay. This is what SAELens means by
 * `rescale_acts_by_decoder_norm` (there the selection changes with it) and what dictionary_learning's loader does to an
 * `AutoEncoder`. Rows of zeros stay as they are, thresholds too: they are in units of the new codes.
 *
 *     W_dec' = W_dec / ‖W_dec‖, W_enc' = W_enc · ‖W_dec‖, b_latent' = b_latent · ‖W_dec‖
 */
export function foldDecoderNorms<W extends Weights>(weights: W): W {
  const { dModel, nFeatures } = weights;
  const encoder = weights.encoder.slice();
  const decoder = weights.decoder.slice();
  const latentBias = weights.latentBias.slice();
  for (let feature = 0; feature < nFeatures; feature++) {
    const start = feature * dModel;
    let squares = 0;
    for (let i = start; i < start + dModel; i++) squares += (decoder[i] ?? 0) ** 2;
    const norm = Math.sqrt(squares);
    if (!(norm > 0)) continue;
    for (let i = start; i < start + dModel; i++) {
      decoder[i] = (decoder[i] ?? 0) / norm;
      encoder[i] = (encoder[i] ?? 0) * norm;
    }
    latentBias[feature] = (latentBias[feature] ?? 0) * norm;
  }
  return { ...weights, encoder, decoder, latentBias };
}

/**
 * Makes an SAE that was trained on `factor · h` take `h` itself.
 *
 *     W_enc' = W_enc · f, W_dec' = W_dec / f, b_pre' = b_pre / f            (decoder norms not folded)
 *     b_latent' = b_latent / f, threshold' = threshold / f, b_pre' = b_pre / f   (folded: codes in units of h)
 *
 * @source SAELens 6.54, SAE.fold_activation_norm_scaling_factor
 */
export function foldInputScale<W extends Weights>(weights: W, factor: number, isNormFolded: boolean): W {
  const { encoder, decoder, latentBias, threshold } = weights;
  const preBias = scaled(weights.preBias, 1 / factor);
  if (!isNormFolded) {
    return { ...weights, preBias, encoder: scaled(encoder, factor), decoder: scaled(decoder, 1 / factor) };
  }
  return {
    ...weights,
    preBias,
    latentBias: scaled(latentBias, 1 / factor),
    ...(threshold === undefined ? {} : { threshold: scaled(threshold, 1 / factor) }),
  };
}

/** True when every decoder row has norm 1 as `torch.allclose` sees it (rtol 1e-5, atol 1e-8). */
export function hasUnitDecoder({ decoder, nFeatures, dModel }: Weights): boolean {
  for (let feature = 0; feature < nFeatures; feature++) {
    let squares = 0;
    for (let i = feature * dModel; i < (feature + 1) * dModel; i++) squares += (decoder[i] ?? 0) ** 2;
    if (Math.abs(Math.sqrt(squares) - 1) > 1e-5 + 1e-8) return false;
  }
  return true;
}
