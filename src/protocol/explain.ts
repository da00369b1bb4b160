import type { GenerateProgress, Picture } from './engine.ts';
import type { FeatureRef } from './featurePanel.ts';
import type { BlockReading } from './features.ts';
import type { ModelChoice } from './interventions.ts';
import type { EffectiveLabel } from './labels.ts';
import type { RunManifest } from './manifest.ts';
import { defineRequest } from './request.ts';

/** Kinds of picture files that can be explained. */
export type PictureFormat = 'PNG' | 'JPEG' | 'WebP';

/** A picture as a model takes it, and the part of the source that it is. */
export interface FittedPicture {
  readonly picture: Picture;
  /** Pixels, upright. */
  readonly source: { readonly width: number; readonly height: number };
  /** Pixels of the source. */
  readonly crop: {
    readonly left: number;
    readonly top: number;
    readonly width: number;
    readonly height: number;
  };
}

/** What the picture is compared with, under the same noise and prompt. */
export type ControlChoice =
  /** A plain mid-grey picture: nothing in it. */
  { readonly kind: 'grey' } | { readonly kind: 'file'; readonly path: string };

export interface ExplainParams extends ModelChoice {
  /** The labels file of the workspace. */
  readonly labelsPath?: string;
  readonly path: string;
  /** `auto`: by what the file says of itself. `picture`: as one of which nothing is known. */
  readonly as: 'auto' | 'picture';
  /** What the U-net is told; empty for none. Not used for a picture that was made here. */
  readonly prompt: string;
  /** Whole number below the schedule's first step; default: `defaultTimestep` of the answer. */
  readonly timestep?: number;
  /** 1 ... 32 noises, from seeds `firstSeed`, `firstSeed + 1`, ... */
  readonly seedCount: number;
  readonly firstSeed: number;
  readonly control: ControlChoice;
  /** Keep picture and readings in the run store. */
  readonly keep?: boolean;
}

export const seedCountMax = 32;

/** The file, as it was read. */
export interface ExplainedFile extends Omit<FittedPicture, 'picture'> {
  /** Without its folder. */
  readonly name: string;
  readonly format: PictureFormat;
  /** Of the file's bytes, hex. */
  readonly sha256: string;
  /** What had to be changed or left out to read it, in words. */
  readonly notes: readonly string[];
}

/** How a picture that was made again differs from the file; of 255. */
export interface FileDifference {
  readonly largest: number;
  readonly mean: number;
  /** Of the pixels, 0 ... 1. */
  readonly share: number;
  readonly ssim: number;
}

/** What came of making a picture of ours again. */
export type MadeHereVerdict =
  /** Every pixel is the file's. */
  | { readonly kind: 'exact' }
  | { readonly kind: 'differs'; readonly difference: FileDifference }
  /** The file has another size than the run made. */
  | { readonly kind: 'otherSize' }
  /** The model that is open is not the one that made it; nothing was run. */
  | {
      readonly kind: 'modelMissing';
      readonly currentId: string;
      /** Files that differ, are new, or are missing. */
      readonly files: readonly string[];
    };

/** What another tool wrote about how it made the picture. Absent: it did not say. */
export interface StartingPoint {
  readonly tool: 'AUTOMATIC1111' | 'ComfyUI';
  readonly prompt: string;
  readonly negativePrompt: string;
  readonly seed?: number;
  readonly steps?: number;
  readonly guidanceScale?: number;
  readonly sampler?: string;
  readonly model?: string;
}

export interface MadeHerePath {
  readonly kind: 'madeHere';
  /** In the PNG itself, or in the JSON beside it. */
  readonly foundIn: 'picture' | 'json';
  readonly manifest: RunManifest;
  readonly verdict: MadeHereVerdict;
}

/** Read at one timestep, with noise added by us. */
export interface EncodedPath {
  readonly kind: 'encoded';
  /** Set when another tool wrote how it made the picture; this is no replay of it. */
  readonly startingPoint: StartingPoint | null;
  readonly prompt: string;
  readonly timestep: number;
  /** Factors of latents and noise, `sqrt(ᾱ_t)` and `sqrt(1 - ᾱ_t)`. */
  readonly signal: number;
  readonly noise: number;
  readonly seeds: readonly number[];
  readonly control: { readonly kind: ControlChoice['kind']; readonly name: string };
  /** The later steps of a four-step schedule, which the model was made for. */
  readonly timesteps: readonly number[];
  readonly defaultTimestep: number;
}

/** How well an SAE rebuilds what the stage did there: all cells of the picture, under all noises. */
export interface BlockFit {
  readonly block: string;
  readonly cellCount: number;
  /** `mean_d(1 - Var(x - x_hat) / (Var(x) + 1e-8))`, population variance over the cells. */
  readonly explainedVariance: number;
  /** `1 - Σ‖x - x_hat‖² / Σ‖x - x_mean‖²`: counts a constant error, too. */
  readonly rSquared: number;
}

export interface ExplainResult {
  readonly file: ExplainedFile;
  readonly modelTitle: string;
  /** What was explained: the picture made again, or the file fitted to the model. */
  readonly picture: Picture;
  readonly path: MadeHerePath | EncodedPath;
  /** Made here: a step each. Encoded: a noise each, in the order of `seeds`. Empty when nothing was run. */
  readonly readings: readonly BlockReading[];
  /** Of the control, noise by noise; empty for a picture that was made here. */
  readonly controlReadings: readonly BlockReading[];
  readonly fits: readonly BlockFit[];
  /** What the VAE alone makes of the picture; null where it was not asked. */
  readonly roundTrip: Picture | null;
  /** The control as it was read; null without one. */
  readonly controlPicture: Picture | null;
  /** Of the features that are active in the picture and have one. */
  readonly labels: readonly (FeatureRef & { readonly label: EffectiveLabel })[];
  readonly runId?: string;
}

export type ExplainProgress =
  | GenerateProgress
  | { readonly phase: 'readingFile' }
  | { readonly phase: 'encodingPicture' }
  /** U-net passes done, of all: two a noise. */
  | { readonly phase: 'readingFeatures'; readonly done: number; readonly total: number };

/**
 * Which features a picture has, by the path that the file allows: made again where it says how, else encoded, noised and
 * read in one pass of the U-net beside a control.
 *
 * Fails with `invalidInput` for a file that cannot be read, a timestep from the schedule's first step on (there the noise
 * and the prompt would be explained), and a model without a VAE encoder.
 */
export const explainPicture = defineRequest<ExplainParams, ExplainResult, ExplainProgress>(
  'picture/explain',
);
