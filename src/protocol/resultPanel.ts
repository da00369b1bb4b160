import type { GenerateLimits, Truncation } from './engine.ts';
import type { RunManifest, SchedulerName } from './manifest.ts';
import { defineNotification, defineRequest } from './request.ts';

/** What a person is told about a failure: cause, at most one action, and always a way to the log. */
export interface Problem {
  readonly cause: string;
  readonly action?: { readonly id: ProblemAction; readonly label: string };
}
export const problemActions = [
  'restartEngine',
  'openSettings',
  'chooseModel',
  'chooseProvider',
  'saveElsewhere',
  'trustWorkspace',
] as const;
export type ProblemAction = (typeof problemActions)[number];

export interface ResultForm {
  readonly prompt: string;
  readonly negativePrompt: string;
  readonly seed: number;
  readonly steps: number;
  readonly guidanceScale: number;
  readonly scheduler: SchedulerName;
  readonly width: number;
  readonly height: number;
}

export interface ResultPicture {
  /** Names the pixels for `result/pixels`; stable across reloads when the run was kept. */
  readonly pictureId: string;
  readonly manifest: RunManifest;
  readonly truncations: readonly Truncation[];
  readonly isKept: boolean;
}

export type ResultStatus =
  | { readonly kind: 'idle' }
  | {
      readonly kind: 'running';
      /** "Denoising step 2 of 4": words, not a code. */
      readonly phase: string;
      /** 0 ... 1 over all pictures of this request. */
      readonly fraction: number;
      readonly pictureIndex: number;
      readonly pictureCount: number;
    }
  | { readonly kind: 'failed'; readonly problem: Problem };

/** Everything that the result panel shows; the host holds it, the panel only draws it. */
export interface ResultState {
  readonly model: { readonly title: string; readonly tokenLimit: number } | null;
  readonly limits: GenerateLimits | null;
  readonly form: ResultForm;
  readonly promptHistory: readonly string[];
  readonly status: ResultStatus;
  /** Newest request first inside one run of the panel: one picture, or four seeds. */
  readonly pictures: readonly ResultPicture[];
  /** A picture was made but not kept, say; shown above the pictures. */
  readonly notice: Problem | null;
}

export const resultSnapshot = defineRequest<null, ResultState>('result/snapshot');
export const resultPixels = defineRequest<
  { pictureId: string },
  { width: number; height: number; rgb: ArrayBuffer }
>('result/pixels');
/** `seedCount` pictures from `form.seed` on; answers as soon as it has started. */
export const resultGenerate = defineRequest<{ form: ResultForm; seedCount: number }, null>(
  'result/generate',
);
export const resultCancel = defineRequest<null, null>('result/cancel');
/** One of several pictures was enlarged: commands, tree and feature view are about it. */
export const resultEnlarged = defineRequest<{ pictureId: string }, null>('result/enlarged');
export const resultSavePng = defineRequest<{ pictureId: string }, null>('result/savePng');
export const resultCopyText = defineRequest<{ text: string }, null>('result/copyText');
export const resultReveal = defineRequest<{ pictureId: string }, null>('result/reveal');
export const resultAct = defineRequest<{ action: ProblemAction | 'showLog' }, null>('result/act');
/** Host to panel: the whole state, whenever it changed and the panel is visible. */
export const resultChanged = defineNotification<ResultState>('result/changed');

/** What the panel keeps with `setState`: enough for the host to restore it from the run store after a reload. */
export interface ResultSavedState {
  readonly form: ResultForm;
  /** Only pictures with `isKept`; the others end with the window. */
  readonly pictureIds: readonly string[];
}

/** `data-vscode-context` of a picture: the host's menu commands get it as their argument. */
export interface ResultPictureContext {
  readonly webviewSection: 'picture';
  readonly pictureId: string;
  readonly preventDefaultContextMenuItems: true;
}
