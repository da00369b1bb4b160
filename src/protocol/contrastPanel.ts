import type { ContrastResult } from './contrast.ts';
import type { FeatureRef } from './featurePanel.ts';
import { defineNotification, defineRequest } from './request.ts';
import type { Problem } from './resultPanel.ts';

/** One side as the form has it. */
export type ContrastFormSide =
  | { readonly kind: 'prompts'; readonly text: string; readonly firstSeed: number }
  | { readonly kind: 'runs'; readonly runIds: readonly string[] }
  | {
      readonly kind: 'collected';
      /** '' before one was chosen. */
      readonly setDir: string;
      readonly pictureCount: number;
      /** Only pictures whose prompt has it; with `-` before it, those that have it not; '': all. */
      readonly word: string;
    };

export interface ContrastForm {
  readonly left: ContrastFormSide;
  readonly right: ContrastFormSide;
  /** 0.001 ... 0.5 */
  readonly falseDiscoveryRate: number;
}

export interface ContrastState {
  readonly modelTitle: string;
  /** The small model that comes with the extension. */
  readonly isEmbedded: boolean;
  readonly status:
    | { readonly kind: 'idle' }
    | { readonly kind: 'running'; readonly done: number; readonly total: number }
    | { readonly kind: 'done'; readonly form: ContrastForm; readonly result: ContrastResult };
  readonly problem: Problem | null;
}

/** What the panel keeps with `setState`. */
export interface ContrastSavedState {
  readonly form: ContrastForm;
  /** Of the last run that ended; null when it is too large to keep. */
  readonly done: { readonly form: ContrastForm; readonly result: ContrastResult } | null;
}

export const contrastSnapshot = defineRequest<null, ContrastState>('contrast/snapshot');
/** Answers as soon as it has started. */
export const contrastStart = defineRequest<ContrastForm, null>('contrast/start');
export const contrastCancel = defineRequest<null, null>('contrast/cancel');
/** Lets the person choose kept runs; null when they change their mind. */
export const contrastPickRuns = defineRequest<
  { chosen: readonly string[] },
  { runIds: readonly string[] } | null
>('contrast/pickRuns');
/** Lets the person choose a collected set; null when they change their mind. */
export const contrastPickSet = defineRequest<
  null,
  { readonly setDir: string; readonly pictureCount: number } | null
>('contrast/pickSet');
/** Removes a feature on the board, beside matched controls, in a picture of the side that has more of it. */
export const contrastTest = defineRequest<
  { readonly feature: FeatureRef; readonly side: ContrastFormSide },
  null
>('contrast/test');
export const contrastChanged = defineNotification<ContrastState>('contrast/changed');
