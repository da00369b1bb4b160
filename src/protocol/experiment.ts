import type { BoardAxis, BoardVariant } from './boardPanel.ts';
import type { GenerateProgress, Picture } from './engine.ts';
import type { BoardPicture, ModelChoice } from './interventions.ts';
import type { RunManifest } from './manifest.ts';
import type { Edit, EditMask, MaskRule, PictureBase } from './recipe.ts';
import { defineRequest } from './request.ts';

/** Raised when the shape of an experiment changes; readers refuse newer ones by number. */
export const experimentVersion = 1;
export const experimentSuffix = '.sae.json';

/** Figures of an edited picture against its unedited one that a table of results can have; `EditFigures` says what each is. */
export const metricNames = [
  'pixelDistance',
  'pixelDistanceMax',
  'ssim',
  'lpips',
  'latentDistance',
  'share',
  'inside',
  'outside',
  'locality',
] as const;
export type MetricName = (typeof metricNames)[number];

/** A mask as files hold it: a recipe's own forms, and two that are shorter to read. */
export type FiledMask =
  | EditMask
  | {
      readonly kind: 'cellRuns';
      readonly cellsHigh: number;
      readonly cellsWide: number;
      /** Count and weight (0 ... 1) in turn, row by row: `[12, 0, 4, 0.5, ...]`; the counts fill the cells. */
      readonly runs: readonly number[];
    }
  | {
      /** A PNG in the experiment's folder or below it, as large as the picture; its brightness, times its opacity, is the weight. */
      readonly kind: 'png';
      readonly rule: MaskRule;
      readonly file: string;
    };

type Filed<Each> = Each extends Edit ? Omit<Each, 'mask'> & { readonly mask?: FiledMask } : never;
export type FiledEdit = Filed<Edit>;

export interface FiledVariant {
  /** Names its pictures: letters, digits, `-` and `_`. */
  readonly id: string;
  readonly name?: string;
  readonly edits: readonly FiledEdit[];
}

/**
 * An experiment as its file `*.sae.json` holds it: one picture, or the same over several seeds or prompts, and what is
 * done to it. `experimentSchema` has the ranges.
 */
export interface Experiment {
  readonly $schema?: string;
  readonly version: typeof experimentVersion;
  readonly title?: string;
  /** `sha256` is over the names and hashes of all files that decide a picture; any model of that name fits without it. */
  readonly model: { readonly id: string; readonly sha256?: string };
  /** SHA-256 of blocks' SAE weights; whichever SAE is used in a block that is not named. */
  readonly saes?: Readonly<Record<string, string>>;
  readonly picture: PictureBase;
  /** One column without it. */
  readonly columns?: BoardAxis;
  readonly variants: readonly FiledVariant[];
  /** Columns of the table of figures, in this order; all without it. */
  readonly metrics?: readonly MetricName[];
}

/** Masks are resolved: what a board shows and a run makes. */
export interface ExperimentBoard {
  readonly picture: PictureBase;
  readonly columns: BoardAxis;
  readonly variants: readonly BoardVariant[];
}

/**
 * What a text of an experiment's file means on a board.
 *
 * @throws `invalidInput` with line and column, or naming place, value and range
 */
export const readExperimentBoard = defineRequest<{ path: string; text: string }, ExperimentBoard>(
  'experiment/board',
);

export interface ExperimentParams extends ModelChoice {
  /** The file, absolute: masks and results lie beside it. */
  readonly path: string;
  /** In place of what the file holds: what an editor has that is not saved, or another version of it. */
  readonly text?: string;
  /** Where results lie; default `.sae/results` beside the file. */
  readonly outDir?: string;
}

/** One finished picture: a line of `results.jsonl`. It tells neither times nor places, so it is the same wherever it is made. */
export interface ExperimentRow {
  readonly column: number;
  /** null: the unedited picture. */
  readonly variant: string | null;
  /** Name inside the results' folder. */
  readonly picture: string;
  /** SHA-256 of the pixels, u8 `[height, width, 3]`. */
  readonly pixelsSha256: string;
  /** Codes and norms of all blocks as safetensors; null where the model has no SAE. */
  readonly maps: string | null;
  readonly mapsSha256: string | null;
  readonly figures: BoardPicture['figures'];
  readonly amounts: BoardPicture['amounts'];
}

/** `manifest.json` of results: what made them. */
export interface ResultsManifest {
  readonly version: 1;
  /** What was asked for; names the folder. */
  readonly hash: string;
  readonly model: RunManifest['model'];
  readonly saes: Readonly<Record<string, string>>;
  readonly provider: RunManifest['provider'];
  /** SHA-256 of the LPIPS network; absent without one. */
  readonly lpips?: string;
  /** SHA-256 over the indexes' maxima that the amounts are made of; absent where none is. */
  readonly maxima?: string;
  readonly versions: RunManifest['versions'];
  /** `linux-x64` */
  readonly platform: string;
}

export interface ExperimentResults {
  readonly hash: string;
  /** Of the model that was chosen: what `model.sha256` of an experiment names. */
  readonly modelSha256: string;
  /** Absolute. */
  readonly dir: string;
  /** False after a run that was ended early: the next one goes on. */
  readonly isComplete: boolean;
  readonly pictureCount: number;
  /** Seed or prompt, by column. */
  readonly columnNames: readonly string[];
  /** In the order of columns, then the unedited picture before the variants. */
  readonly rows: readonly ExperimentRow[];
  /** null while nothing was made. */
  readonly manifest: ResultsManifest | null;
}

export interface RunExperimentParams extends ExperimentParams {
  /** Makes all pictures anew. */
  readonly isFresh?: boolean;
  /** Only this variant in this column (0 ...), with the unedited picture that it needs. */
  readonly only?: { readonly column: number; readonly variant: string };
}

export interface RunExperimentResult extends ExperimentResults {
  readonly madeCount: number;
}

export type ExperimentProgress =
  | GenerateProgress
  | { readonly phase: 'making'; readonly pictureIndex: number; readonly pictureCount: number }
  | {
      readonly phase: 'made';
      readonly row: ExperimentRow;
      readonly picture: Picture;
      readonly manifest: RunManifest;
    };

/**
 * Makes an experiment's pictures, figures and maps in `<outDir>/<hash>`; what is there already is kept. Cancelled, it
 * goes on with the next call.
 */
export const runExperiment = defineRequest<
  RunExperimentParams,
  RunExperimentResult,
  ExperimentProgress
>('experiment/run');

/** What of an experiment is there. @throws `invalidInput` as `runExperiment` for a text that is no experiment */
export const readExperimentResults = defineRequest<ExperimentParams, ExperimentResults>(
  'experiment/results',
);

/** A picture of the results. */
export const openExperimentPicture = defineRequest<
  ExperimentParams & { readonly picture: string },
  { readonly picture: Picture; readonly manifest: RunManifest }
>('experiment/picture');

/** How far one picture is from the one that is kept. */
export interface ReplayedPicture {
  readonly column: number;
  readonly variant: string | null;
  /** `equal`: every pixel, figure and code, bit for bit. */
  readonly verdict: 'equal' | 'within' | 'differs';
  /** Pixels with a channel that differs, and the largest and mean |Δ| of a channel, of 255. */
  readonly pixelCount: number;
  readonly largest: number;
  readonly mean: number;
  /** What differs, in words; empty when nothing does. */
  readonly words: string;
}

export interface ReplayReport {
  readonly hash: string;
  readonly verdict: ReplayedPicture['verdict'];
  /** Bits are asked for where provider, versions and platform are those that made the results. */
  readonly isBitsAsked: boolean;
  /** Of |Δ| of a channel, of 255; what `within` means. */
  readonly tolerance: { readonly largest: number; readonly mean: number };
  /** What is another one than when the results were made: "provider cpu, now cuda". */
  readonly changes: readonly string[];
  readonly pictures: readonly ReplayedPicture[];
}

/** Makes everything anew in memory and compares it with the results that are kept, which stay as they are. */
export const replayExperiment = defineRequest<ExperimentParams, ReplayReport, ExperimentProgress>(
  'experiment/replay',
);

export const exportForms = ['python', 'markdown', 'csv'] as const;
export type ExportForm = (typeof exportForms)[number];

/** Writes an experiment for elsewhere: scripts for diffusers (one a picture), a report with pictures, the table of figures. */
export const exportExperiment = defineRequest<
  ExperimentParams & {
    readonly form: ExportForm;
    /** File (markdown, csv) or folder (python), absolute; default: beside the experiment, named after it. */
    readonly to?: string;
  },
  { readonly paths: readonly string[] },
  ExperimentProgress
>('experiment/export');

/**
 * Two versions of an experiment side by side, pictures and figures, as a report in Markdown; both were run.
 *
 * `text` is the newer one, `otherText` the older.
 */
export const compareExperiments = defineRequest<
  ExperimentParams & {
    readonly text: string;
    readonly otherText: string;
    readonly otherName: string;
    readonly to: string;
  },
  { readonly path: string }
>('experiment/compare');
