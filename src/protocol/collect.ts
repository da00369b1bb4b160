import type { SchedulerName } from './manifest.ts';
import type { ProviderWish } from './provider.ts';
import { defineRequest } from './request.ts';

/** The name of the job kind; its params are `CollectParams`. */
export const collectKind = 'collect';

export type CollectPrompts =
  | {
      /** `.csv`, `.tsv`, `.jsonl` and `.ndjson` are tables; anything else is one prompt a line. */
      readonly file: string;
      /** Of a table; needed unless one is named prompt, caption or text, or there is only one. */
      readonly column?: string | undefined;
    }
  | {
      /** A grammar file; null: the model's own `prompts.json`. */
      readonly grammar: string | null;
      /** 0 ... 2^32-1 */
      readonly seed: number;
    };

/** Pictures to make, and what to keep of them. What is left out, the model or the prompts say. */
export interface CollectParams {
  readonly modelDir: string;
  readonly provider: ProviderWish;
  /** Folder of the set: new, empty, or holding this set in part. Absolute. */
  readonly dir: string;
  readonly prompts: CollectPrompts;
  /** Default: all prompts of a file. A grammar has no end. */
  readonly pictureCount?: number | undefined;
  /** Pictures made in a row from each prompt, each with its own seed; default 1. */
  readonly picturesPerPrompt?: number | undefined;
  /** Seed of the first picture; default 0. */
  readonly firstSeed?: number | undefined;
  /** `consecutive` (default): picture i has seed first + i; `samePerPrompt`: each prompt starts again at the first. */
  readonly seedRule?: 'consecutive' | 'samePerPrompt' | undefined;
  /** Short names or paths; default: the paper's four blocks, or every attention stage of a model without them. */
  readonly blocks?: readonly string[] | undefined;
  readonly steps?: number | undefined;
  /** From 0; default: every step. */
  readonly recordedSteps?: readonly number[] | undefined;
  readonly guidanceScale?: number | undefined;
  readonly negativePrompt?: string | undefined;
  readonly scheduler?: SchedulerName | undefined;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  /** Pictures that are saved together; default: 16, fewer when they are large. */
  readonly batchSize?: number | undefined;
}

/** What a job would do, before it starts. */
export interface CollectPlan {
  readonly dir: string;
  readonly pictureCount: number;
  /** Pictures that the folder holds already, from a run before. */
  readonly savedCount: number;
  /** Undefined: a grammar, without end. */
  readonly promptCount?: number | undefined;
  readonly promptsName: string;
  readonly column?: string | undefined;
  readonly blocks: readonly string[];
  readonly stepCount: number;
  /** From 0. */
  readonly recordedSteps: readonly number[];
  readonly guidanceScale: number;
  readonly width: number;
  readonly height: number;
  readonly batchSize: number;
  /** Of the updates: exact but for headers. */
  readonly updateBytes: number;
  /** Of the pictures: at most. */
  readonly pictureBytes: number;
  /** What is still to be written: at most. */
  readonly missingBytes: number;
  readonly freeBytes: number;
  /** The disk would not hold it: it will not start. */
  readonly isTooLarge: boolean;
}

/** @throws `invalidInput` naming what does not fit */
export const planCollect = defineRequest<CollectParams, CollectPlan>('collect/plan');

/** Where prompts can come from: whether a model has a grammar, or the columns of a file. */
export const describePrompts = defineRequest<
  { readonly modelDir: string } | { readonly file: string },
  { readonly grammarTitle: string | null; readonly columns: readonly string[] }
>('collect/describePrompts');
