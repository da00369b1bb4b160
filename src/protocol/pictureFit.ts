import type { CollectPrompts } from './collect.ts';
import type { ProviderWish } from './provider.ts';
import { defineRequest } from './request.ts';

/** The name of the job kind; its params are `PictureFitParams`. */
export const pictureFitKind = 'pictureFit';

/** Of a grammar's choices: other prompts than those that sets are collected from unless somebody says otherwise. */
export const pictureFitPromptSeed = 20_011;

export const pictureFitPrompts = { default: 24, min: 2, max: 1000 } as const;

/** How well SAEs rebuild what the picture needs, block by block; goes on with what was measured before. */
export interface PictureFitParams {
  readonly modelDir: string;
  readonly provider: ProviderWish;
  readonly prompts: CollectPrompts;
  /** 2 ... 1000; default 24, or all of a file that has fewer. */
  readonly promptCount?: number | undefined;
  /** Blocks with an SAE, short names; default: all of them. */
  readonly blocks?: readonly string[] | undefined;
  /** Of the pictures: prompt i has this seed + i; default 0. */
  readonly firstSeed?: number | undefined;
}

/** A mean over prompts and its 95 % interval, ± t_{0.975, n-1} · s / √n. */
export interface MeanInterval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Two distances of a picture from its unedited one. */
export interface PictureDistances {
  /** 1: the same. */
  readonly ssim: MeanInterval;
  /** mean |Δ| over pixels and channels, of 255 */
  readonly pixel: MeanInterval;
}

/** One SAE in its block: pictures made with what it rebuilds, beside pictures made without the block's update. */
export interface PictureFit {
  readonly block: string;
  readonly saeSha256: string;
  readonly promptsName: string;
  /** Prompts measured so far: the n of every figure. */
  readonly promptCount: number;
  /** Prompts wanted. */
  readonly totalCount: number;
  readonly firstSeed: number;
  readonly steps: number;
  readonly guidanceScale: number;
  readonly width: number;
  readonly height: number;
  /** ΔD replaced by what the SAE rebuilds of it, in every step and cell. */
  readonly rebuilt: PictureDistances;
  /** The floor: ΔD left out. */
  readonly ablated: PictureDistances;
}

/** Two SAEs of one block on the same prompts, seeds and settings. */
export interface PictureFitPair {
  readonly left: PictureFit;
  readonly right: PictureFit;
  /** left - right, prompt by prompt. */
  readonly difference: PictureDistances;
}

/** Stands beside the figures. */
export const pictureFitFormula =
  'distance from the unedited picture when ΔD is replaced by what the SAE rebuilds of it (b_pre included) in every step ' +
  'and cell, beside the floor: ΔD left out. SSIM: of luminance, Gaussian window of 11 pixels, 1 = the same; |Δ|: mean over ' +
  'pixels and channels, of 255. Mean over prompts ± t · s / √n, 95 %';

/** What was measured last of the SAE that is used in each block; blocks that were not measured are left out. */
export const listPictureFits = defineRequest<{ modelDir: string }, readonly PictureFit[]>(
  'pictureFit/list',
);
