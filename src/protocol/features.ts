import type { GenerateParams, GenerateProgress } from './engine.ts';
import type { ProviderWish } from './provider.ts';
import { defineRequest } from './request.ts';

/** Sparse codes of one block at one step; the shape of `numerics/codes.ts`. A slot with value 0 is empty. */
export interface StepReading {
  readonly ids: Int32Array; // [cells, slotCount]
  readonly values: Float32Array; // [cells, slotCount], descending in each cell
  /** `‖ΔD‖` of each cell. */
  readonly norm: Float32Array; // [cells]
  /** `‖h - h_hat‖²`: what the SAE misses. */
  readonly error: Float32Array; // [cells]
  /** `‖h - h_mean‖²`, the mean over this picture's cells: what there is to explain. */
  readonly spread: Float32Array; // [cells]
}

/** What one tapped transformer stage did in one picture; of the conditional row where guidance made two. */
export interface BlockReading {
  /** Short name: `down.2.1`. */
  readonly block: string;
  /** diffusers path without `unet.`: `down_blocks.2.attentions.1`. */
  readonly path: string;
  readonly cellsHigh: number;
  readonly cellsWide: number;
  readonly nFeatures: number;
  readonly slotCount: number;
  /** SHA-256 of the SAE's weights: codes of one SAE never pass for another's. */
  readonly saeSha256: string;
  readonly steps: readonly StepReading[];
}

/** A block of the model as the interface lists it, whether it has an SAE or not. */
export interface BlockDescription {
  readonly block: string;
  readonly path: string;
  readonly width: number;
  readonly sae: SaeSummary | null;
}

export interface SaeSummary {
  readonly sha256: string;
  readonly nFeatures: number;
  readonly dModel: number;
  /** "TopK 10, then ReLU": the rule in words. */
  readonly rule: string;
  /** sdxl-unbox, SAELens, ... */
  readonly source: string;
  /** Mean of the active activations by feature, the unit of strengths; absent when the source has none. */
  readonly featureMean?: Float32Array; // [nFeatures]
}

/** The transformer stages of a model with the SAEs installed for them, in the order in which they run. */
export const listBlocks = defineRequest<{ modelDir: string }, readonly BlockDescription[]>(
  'blocks/list',
);

/** The readings of a kept run, as they were taken when its picture was made. */
export const readRunFeatures = defineRequest<
  { runId: string },
  { readings: readonly BlockReading[] }
>('features/readRun');

/** How a picture was made again for its ΔD, and whether what was read is what had been read. */
export interface RereadBlock {
  readonly block: string;
  /** False when another SAE is used in the block by now: its codes say nothing then, ‖ΔD‖ still does. */
  readonly isSameSae: boolean;
  /** Every id and value, every ‖ΔD‖; of the same SAE's codes, or of ‖ΔD‖ alone. */
  readonly isEqual: boolean;
  /** Of values and ‖ΔD‖, over the block's largest value and largest ‖ΔD‖; 0 when all are equal. */
  readonly largestDifference: number;
}

export interface ExportedReadings {
  readonly path: string;
  /** Only when ΔD was asked for. */
  readonly reread?: readonly RereadBlock[];
}

/**
 * Codes and norms of a run as safetensors: `<block>/<step>/ids|values [cells, slots]`, `norm|error|spread [cells]`. With
 * `updates` the picture is made again, and `<block>/<step>/update` f32 `[dModel, cellsHigh, cellsWide]` is ΔD itself.
 *
 * Fails with `invalidInput` when the model's files are not those that made the run.
 */
export const exportReadings = defineRequest<
  {
    runId: string;
    path: string;
    updates?: { readonly modelDir: string; readonly provider: ProviderWish };
  },
  ExportedReadings,
  GenerateProgress
>('features/export');

/** The same for a picture that was not kept. */
export const exportPictureReadings = defineRequest<
  {
    picture: GenerateParams;
    readings: readonly BlockReading[];
    path: string;
    withUpdates: boolean;
  },
  ExportedReadings,
  GenerateProgress
>('features/exportPicture');
