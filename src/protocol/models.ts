import type { ModelDescription } from './engine.ts';
import { defineRequest } from './request.ts';

/** One thing that is wrong with a model folder, or that a person should know before using it. */
export interface ModelFinding {
  /** `error`: it cannot be used; `warning`: it can, but see what the text says. */
  readonly level: 'error' | 'warning';
  /** Names the file, the value that was found and what is wanted. */
  readonly text: string;
}

/** One graph of a model and its weights. */
export interface ModelPart {
  /** `unet`, `text_encoder`, ... */
  readonly name: string;
  /** Graph and external data together. */
  readonly sizeBytes: number;
  /** What most of the weights are; undefined when the graph was not read. */
  readonly weightType: string | undefined;
  readonly nodeCount: number | undefined;
}

/** An attention stage as it can be tapped. */
export interface ModelStage {
  /** `up.0.1` */
  readonly name: string;
  /** Channels of its update. */
  readonly width: number | undefined;
}

/** Under which terms a model may be used, as its folder tells it. */
export interface ModelLicence {
  /** What is accepted: it changes when the terms do. */
  readonly id: string;
  /** "SDXL Turbo: Stability AI Non-Commercial Research Community License"; "not stated" when nothing says. */
  readonly name: string;
  readonly isNonCommercial: boolean;
  /** File or page that says so. */
  readonly source: string;
  /** The beginning of the licence file, where the folder has one. */
  readonly text: string | undefined;
}

/** What a model takes of the machine. */
export interface ModelNeeds {
  readonly diskBytes: number;
  /** Weights of all parts, and what the largest of them computes with at the default size: a rough upper figure. */
  readonly memoryBytes: number;
  readonly freeMemoryBytes: number;
}

/** A model folder, looked at before anything of it runs. */
export interface ModelInspection {
  readonly dir: string;
  /** True when there is no error among the findings. */
  readonly isUsable: boolean;
  readonly findings: readonly ModelFinding[];
  readonly parts: readonly ModelPart[];
  readonly stages: readonly ModelStage[];
  readonly licence: ModelLicence;
  readonly needs: ModelNeeds;
  /** What can be asked of it; undefined when it cannot be used. */
  readonly description: ModelDescription | undefined;
}

/** A model on the person's list. */
export interface ModelEntry {
  readonly dir: string;
  readonly title: string;
  /** The small model that comes with Featurescope; it cannot be removed. */
  readonly isEmbedded: boolean;
  /** Downloaded into the storage folder: removing it deletes its files. */
  readonly isDownloaded: boolean;
  readonly sizeBytes: number;
  readonly licence: string;
  /** Why it cannot be used now: its folder has gone or was changed. */
  readonly problem?: string;
}

/**
 * Reads every file that decides a picture; no graph is run.
 *
 * @throws `invalidInput` when the folder is not an absolute path
 */
export const inspectModel = defineRequest<{ modelDir: string }, ModelInspection>('model/inspect');
/**
 * Puts a folder on the list of models. Its files stay where they are.
 *
 * @throws `model` with all that is wrong with it; `invalidInput` when `acceptedLicence` is not its licence's id
 */
export const addModel = defineRequest<
  { modelDir: string; acceptedLicence: string },
  { entry: ModelEntry }
>('model/add');
/** The embedded model first, then by title; and folders that were downloaded and are not on the list yet. */
export const listModels = defineRequest<
  null,
  { models: readonly ModelEntry[]; downloaded: readonly string[] }
>('model/list');
/** Takes a model off the list. @throws `invalidInput` for the embedded model, and for one that is not on it */
export const removeModel = defineRequest<{ modelDir: string }, { models: readonly ModelEntry[] }>(
  'model/remove',
);
