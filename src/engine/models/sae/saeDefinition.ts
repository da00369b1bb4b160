/**
 * How pre-activations `a` become codes. The two orders of TopK and ReLU name the reference code that a file comes from:
 * their codes are the same numbers (see `encodeCells`).
 */
export const saeActivations = [
  'topk-relu',
  'relu-topk',
  'relu',
  'jumprelu',
  'batchtopk-threshold',
] as const;
export type SaeActivation = (typeof saeActivations)[number];

export const isTopK = (activation: SaeActivation): boolean =>
  activation === 'topk-relu' || activation === 'relu-topk';

/** What a sample is: the stage's update ΔD = output - input, or its output. */
export const saeTargets = ['unknown', 'update', 'output'] as const;
export type SaeTarget = (typeof saeTargets)[number];

/**
 * What is done to a sample `h` before b_pre is subtracted, and undone after decoding.
 * `layer-norm`: (h - mean) / (std + 1e-5) with the sample standard deviation (d - 1), back by · std + mean;
 * `constant-norm`: h · sqrt(d) / ‖h‖, back by the inverse. A constant factor is folded into the weights instead.
 */
export const saeNormalisations = ['none', 'layer-norm', 'constant-norm'] as const;
export type SaeNormalisation = (typeof saeNormalisations)[number];

export const saeFormats = ['sdxl-unbox', 'saelens', 'sparsify', 'dictionary-learning'] as const;
export type SaeFormat = (typeof saeFormats)[number];
/** Where an SAE of ours comes from: another program's files, or our own training. */
export const saeOrigins = [...saeFormats, 'featurescope'] as const;

/** One source file by its name in its folder, never by its path. */
export interface SourceFile {
  readonly name: string;
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
}

export interface SaeProvenance {
  readonly format: (typeof saeOrigins)[number];
  /** What the format's own class calls this kind, such as `topk` or `AutoEncoderTopK`. */
  readonly kind: string;
  /** The rule that the format's own code applies; undefined when the files leave it open. */
  readonly formatActivation?: SaeActivation;
  readonly sourceFiles: readonly SourceFile[];
  /** The source's own configuration, as it was. */
  readonly config: Readonly<Record<string, unknown>>;
  /** True when decoder rows were scaled to unit norm and the encoder by the inverse, as the format's own loader does. */
  readonly isDecoderNormFolded: boolean;
  /** What was found and changed on the way, in words for the person. */
  readonly notes: readonly string[];
}

/**
 * One sparse autoencoder, whatever file it came from; d = `dModel`, n = `nFeatures`.
 *
 *     a = W_enc (norm(h) - b_pre) + b_latent     (b_pre only where `applyDecBiasToInput`)
 *     s = activation(a)
 *     h_hat = denorm(W_dec^T s + b_pre)
 */
export interface SaeDefinition {
  readonly dModel: number;
  readonly nFeatures: number;
  /** Kept features a cell; only with the two TopK rules. */
  readonly k?: number;
  readonly activation: SaeActivation;
  readonly applyDecBiasToInput: boolean;
  readonly normalisation: SaeNormalisation;
  readonly target: SaeTarget;
  /** diffusers path of the stage, such as `unet.mid_block.attentions.0`. */
  readonly blockPath?: string;
  readonly encoder: Float32Array; // [n, d]
  readonly decoder: Float32Array; // [n, d]
  readonly preBias: Float32Array; // [d], the decoder's bias
  readonly latentBias: Float32Array; // [n]
  /** A feature is active where its pre-activation is above this (and above 0). */
  readonly threshold?: Float32Array; // [n]
  /** μ_f: mean of the active activations, the unit of strengths. */
  readonly featureMean?: Float32Array; // [n]
  readonly featureStd?: Float32Array; // [n]
  readonly provenance: SaeProvenance;
}

interface Question {
  /** Why the files do not say. */
  readonly reason: string;
}

/** What files leave open; the interface asks each, the answers are stored with the SAE. */
export type OpenQuestion =
  | (Question & {
      readonly id: 'target';
      readonly choices: readonly SaeTarget[];
      readonly suggested?: SaeTarget;
    })
  | (Question & { readonly id: 'blockPath'; readonly suggested?: string })
  | (Question & {
      readonly id: 'activation';
      readonly choices: readonly SaeActivation[];
      readonly suggested?: SaeActivation;
    })
  | (Question & { readonly id: 'inputScale'; readonly suggested?: number })
  | (Question & {
      readonly id: 'orientation';
      readonly choices: readonly SaeOrientation[];
      readonly suggested?: SaeOrientation;
    });

/** How the file's matrices lie against what its format says; open only when d = n, where shapes cannot tell. */
export const saeOrientations = [
  'as-documented',
  'encoder-transposed',
  'decoder-transposed',
  'both-transposed',
] as const;
export type SaeOrientation = (typeof saeOrientations)[number];

export interface SaeAnswers {
  readonly target?: SaeTarget;
  readonly blockPath?: string;
  readonly activation?: SaeActivation;
  /** Factor on samples that the SAE was trained with; 1 leaves them alone. */
  readonly inputScale?: number;
  readonly orientation?: SaeOrientation;
}

/** What an import found: usable once every question has an answer. */
export interface SaeImport {
  readonly definition: SaeDefinition;
  readonly questions: readonly OpenQuestion[];
}
