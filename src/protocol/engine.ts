import type { ErrorData } from './errors.ts';
import type { BlockReading } from './features.ts';
import type { RunManifest, SchedulerName } from './manifest.ts';
import type { ProviderWish } from './provider.ts';
import { defineNotification, defineRequest } from './request.ts';

/** Raised when a request or result changes shape; both numbers are named when they differ. */
export const protocolVersion = 1;

export interface HelloParams {
  readonly protocolVersion: number;
}
export interface HelloResult {
  readonly protocolVersion: number;
  readonly versions: { readonly featurescope: string; readonly onnxruntime: string };
  readonly nodeVersion: string;
}

/** Pixels as they are shown: sRGB, 8 bits, row-major. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array; // [height, width, 3]
}

/** Allowed values of a picture request for one model; the interface offers them, the engine checks them. */
export interface GenerateLimits {
  readonly stepsMax: number;
  readonly guidanceScaleMax: number;
  /** Width and height are multiples of this many pixels. */
  readonly sizeMultiple: number;
  readonly sizeMin: number;
  readonly sizeMax: number;
  readonly promptLengthMax: number;
}

export interface ModelDescription {
  readonly dir: string;
  readonly id: string;
  readonly title: string;
  readonly sizeBytes: number;
  /** Tokens of a prompt that the text encoders see, start and end tokens included. */
  readonly tokenLimit: number;
  readonly defaults: {
    readonly steps: number;
    readonly guidanceScale: number;
    readonly scheduler: SchedulerName;
    readonly width: number;
    readonly height: number;
  };
  readonly limits: GenerateLimits;
}

export interface GenerateParams {
  readonly modelDir: string;
  readonly prompt: string;
  readonly negativePrompt: string;
  readonly seed: number;
  readonly steps: number;
  readonly guidanceScale: number;
  readonly scheduler: SchedulerName;
  readonly width: number;
  readonly height: number;
  readonly provider: ProviderWish;
  /** Keep picture and manifest in the run store. */
  readonly keep: boolean;
}

export type GenerateProgress =
  | { readonly phase: 'waiting' }
  | { readonly phase: 'loading'; readonly part: string }
  | { readonly phase: 'encodingText' }
  | { readonly phase: 'denoising'; readonly stepIndex: number; readonly stepCount: number }
  | { readonly phase: 'decoding' }
  /** The model's files are read once, for the manifest. */
  | { readonly phase: 'hashing'; readonly doneBytes: number; readonly totalBytes: number }
  | { readonly phase: 'saving' };

/** Words that a text encoder never saw because the prompt was too long for it. */
export interface Truncation {
  readonly prompt: 'prompt' | 'negativePrompt';
  readonly cutText: string;
  readonly tokenCount: number;
  readonly tokenLimit: number;
}

export interface GenerateResult {
  readonly picture: Picture;
  readonly manifest: RunManifest;
  readonly truncations: readonly Truncation[];
  /** What the SAEs read on the way, one record a block that has one. */
  readonly readings: readonly BlockReading[];
  /** Sum of ONNX Runtime's own run times, in ms: what could not be faster without a faster model. */
  readonly runMs: number;
  readonly runId?: string;
  /** The picture was made but could not be kept. */
  readonly keepFailure?: ErrorData;
}

export interface RunSummary {
  readonly runId: string;
  readonly manifest: RunManifest;
  /** The PNG, with its manifest inside. */
  readonly pngPath: string;
  readonly sizeBytes: number;
}

export interface StoreUsage {
  readonly dir: string;
  readonly runCount: number;
  readonly sizeBytes: number;
  readonly quotaBytes: number;
}

export const hello = defineRequest<HelloParams, HelloResult>('engine/hello');
export const describeModel = defineRequest<{ modelDir: string }, ModelDescription>(
  'model/describe',
);
export const generatePicture = defineRequest<GenerateParams, GenerateResult, GenerateProgress>(
  'picture/generate',
);
/** A PNG with the manifest in its text chunk `featurescope`. */
export const savePicture = defineRequest<
  { picture: Picture; manifest: RunManifest; path: string; writeJsonBeside: boolean },
  { paths: readonly string[] }
>('picture/save');
/** Newest first; `beforeRunId` pages on. */
export const listRuns = defineRequest<
  { limit: number; beforeRunId?: string },
  { runs: readonly RunSummary[]; usage: StoreUsage }
>('runs/list');
export const openRun = defineRequest<{ runId: string }, { run: RunSummary; picture: Picture }>(
  'runs/open',
);
/** Deleted runs can be restored until the next cleanup. */
export const deleteRuns = defineRequest<{ runIds: readonly string[] }, null>('runs/delete');
export const restoreRuns = defineRequest<{ runIds: readonly string[] }, null>('runs/restore');
/** Removes deleted runs for good, then the oldest ones until the store is within its quota. */
export const cleanUpRuns = defineRequest<
  { quotaBytes: number },
  { removedCount: number; usage: StoreUsage }
>('runs/cleanUp');
/** The store changed, here or in another window. */
export const runsChanged = defineNotification<null>('runs/changed');
