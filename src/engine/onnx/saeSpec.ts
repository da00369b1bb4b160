import { invalidInput } from '../../protocol/errors.ts';

/** Which pre-activations `a = W_enc x + b_enc` become codes, and with which value. */
export type SaeActivation =
  /** `ReLU(TopK_k(a))`, which equals `TopK_k(ReLU(a))`: fewer than `k` may stay active. */
  | { readonly kind: 'topk'; readonly k: number }
  /** `ReLU(a)` */
  | { readonly kind: 'relu' }
  /** `ReLU(a)` where `a > threshold` (JumpReLU; BatchTopK at inference): one threshold, or one per feature. */
  | { readonly kind: 'threshold' };

/** What is done to the update before the encoder; the decoder's result is put back by the same numbers. */
export type SaeNormalisation =
  | { readonly kind: 'none' }
  /** `x = scale · h` */
  | { readonly kind: 'constant'; readonly scale: number }
  /** `x = (h - mean) / (std + epsilon)` in each cell, std with d - 1; back: `std · x_hat + mean` */
  | { readonly kind: 'layerNorm'; readonly epsilon: number }
  /** `x = h · norm / ‖h‖` in each cell */
  | { readonly kind: 'unitNorm'; readonly norm: number };

/** Where one tensor lies in the weights file: little-endian, row-major. Float16 is widened before any arithmetic. */
export interface SaeTensor {
  readonly dtype: 'float32' | 'float16';
  readonly offset: number;
  readonly sizeBytes: number;
}

/**
 * One SAE as the graph needs it. Codes of a sample `h` in one cell, and the sample rebuilt from them:
 * ```
 * x     = normalise(h) - (subtractsDecoderBias ? b_dec : 0)
 * s     = activation(W_enc x + b_enc)
 * h_hat = denormalise(W_dec s + b_dec)
 * ```
 */
export interface SaeSpec {
  readonly dModel: number;
  readonly nFeatures: number;
  /** What `h` is: the stage's update ΔD = output - input, or its output. */
  readonly target: 'update' | 'output';
  readonly activation: SaeActivation;
  readonly normalisation: SaeNormalisation;
  /** sdxl-unbox: always; SAELens: `apply_b_dec_to_input`. */
  readonly subtractsDecoderBias: boolean;
  readonly weights: {
    /** Relative to the folder of external data that the session gets, forward slashes. */
    readonly file: string;
    /** The file's bytes, for weights that go into the graph itself because it cannot refer to their file. */
    readonly bytes?: Uint8Array;
    readonly encoder: SaeTensor; // [dModel, nFeatures]
    readonly decoder: SaeTensor; // [nFeatures, dModel], one row per feature
    readonly encoderBias?: SaeTensor; // [nFeatures]
    readonly decoderBias?: SaeTensor; // [dModel]
    readonly threshold?: SaeTensor; // [nFeatures] or [1], for activation `threshold`
  };
}

/** @throws `invalidInput` for sizes and settings that contradict each other */
export function checkSaeSpec(spec: SaeSpec, label: string): void {
  const { dModel, nFeatures, activation, weights } = spec;
  const refuse = (why: string): never => {
    throw invalidInput(`The SAE for ${label} cannot be used: ${why}.`);
  };
  if (!isCount(dModel) || !isCount(nFeatures))
    refuse(`it is ${dModel} wide with ${nFeatures} features`);
  if (activation.kind === 'topk' && !(isCount(activation.k) && activation.k <= nFeatures)) {
    refuse(`k is ${activation.k}, not between 1 and ${nFeatures}`);
  }
  if (activation.kind === 'threshold' && !weights.threshold) refuse('it has no thresholds');
  const wanted = [
    ['encoder', weights.encoder, nFeatures * dModel],
    ['decoder', weights.decoder, nFeatures * dModel],
    ['encoder bias', weights.encoderBias, nFeatures],
    ['decoder bias', weights.decoderBias, dModel],
  ] as const;
  for (const [name, tensor, elementCount] of wanted) {
    const wantedBytes = elementCount * (tensor?.dtype === 'float16' ? 2 : 4);
    if (tensor && tensor.sizeBytes !== wantedBytes) {
      refuse(`its ${name} has ${tensor.sizeBytes} bytes, not ${wantedBytes}`);
    }
  }
  const thresholdCount = weights.threshold ? lengthOf(weights.threshold) : 1;
  if (thresholdCount !== 1 && thresholdCount !== nFeatures) {
    refuse(`it has ${thresholdCount} thresholds, not 1 or ${nFeatures}`);
  }
  const factor = positiveFactor(spec.normalisation);
  if (!(factor > 0 && Number.isFinite(factor))) {
    refuse(`its normalisation "${spec.normalisation.kind}" has the factor ${factor}`);
  }
}

function positiveFactor(normalisation: SaeNormalisation): number {
  switch (normalisation.kind) {
    case 'none':
      return 1;
    case 'constant':
      return normalisation.scale;
    case 'layerNorm':
      return normalisation.epsilon;
    case 'unitNorm':
      return normalisation.norm;
  }
}

/** Elements of a tensor that is a list. */
export const lengthOf = ({ dtype, sizeBytes }: SaeTensor): number =>
  sizeBytes / (dtype === 'float16' ? 2 : 4);

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value > 0;
