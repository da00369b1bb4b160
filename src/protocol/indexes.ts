import type { PictureFitPair } from './pictureFit.ts';
import { defineRequest } from './request.ts';

/**
 * What an SAE's features did over a collected set of pictures, in one SQLite file. Words used here: a *sample* is one
 * cell of one picture at one step; a *picture* counts as active when the feature is in at least one of its samples.
 */
export interface IndexSummary {
  /** Absolute path of the database; with `pictures/` beside it. */
  readonly path: string;
  /** Part of the model folder and read-only, or made on this machine. */
  readonly isShipped: boolean;
  readonly block: string;
  /** SHA-256 of the SAE's weights: an index never speaks for another SAE. */
  readonly saeSha256: string;
  readonly nFeatures: number;
  readonly cellsHigh: number;
  readonly cellsWide: number;
  /** Scheduler steps whose samples were pooled. */
  readonly stepIndices: readonly number[];
  readonly pictureCount: number;
  /** Cells of all pictures and steps. */
  readonly sampleCount: number;
  /** Name of the collected set's folder. */
  readonly setName: string;
  /** ISO 8601, UTC; null while the index is unfinished: `index/build` with the same folder goes on where it stopped. */
  readonly finishedAt: string | null;
}

/** `jobs/start` with this kind and `BuildIndexParams` indexes in the background. */
export const indexKind = 'index';

export interface BuildIndexParams {
  readonly modelDir: string;
  /** Folder of a collected set. */
  readonly setDir: string;
  /** Blocks to index; all that have both an SAE and collected updates when absent. */
  readonly blocks?: readonly string[];
  /** Where the databases go, `<block>.db` each; a folder of the storage named after the set when absent. */
  readonly outDir?: string;
  /** Only the first so many pictures may be shown as examples (figures use all); all when absent. */
  readonly exampleLimit?: number;
  /** Examples kept by interval, 1 ... 64; 12 when absent. */
  readonly examplesPerInterval?: number;
  /** Longer side of the stored thumbnails in pixels, 16 ... 512; as collected when absent. PNG only. */
  readonly thumbnailSize?: number;
}

/** `done` and `total` count pictures in `encoding` and `maps`, features in `neighbours`, files in `thumbnails`. */
export interface IndexProgress {
  readonly phase: 'encoding' | 'neighbours' | 'maps' | 'thumbnails' | 'writing';
  readonly block: string;
  readonly blockIndex: number;
  readonly blockCount: number;
  readonly done: number;
  readonly total: number;
}

/** How well an SAE rebuilds the samples of one step, or of all steps together. */
export interface FitOfStep {
  /** null: all steps pooled. */
  readonly stepIndex: number | null;
  readonly sampleCount: number;
  /** mean over dimensions of 1 - Var(x - x_hat) / (Var(x) + 1e-8), population variance over all samples. */
  readonly explainedVariance: number;
  /** 1 - Σ‖x - x_hat‖² / Σ‖x - x_mean‖² over all samples. */
  readonly rSquared: number;
  /** Mean number of active features a sample. */
  readonly l0: number;
}

export interface QualityReport {
  readonly index: IndexSummary;
  readonly rule: string;
  readonly k: number | null;
  readonly dModel: number;
  readonly fits: readonly FitOfStep[]; // the pooled one first
  /** Features active in no sample, share of all. */
  readonly deadShare: number;
  /** Features active in more than nine of ten pictures, share of all. */
  readonly alwaysOnShare: number;
  /** Features by log10 of their sample density: `edges.length - 1` bins; dead ones are in none. */
  readonly densityHistogram: {
    readonly edges: readonly number[];
    readonly counts: readonly number[];
  };
  /** Largest cosine of each decoder row with another row of the same SAE. */
  readonly collinearity: {
    readonly median: number;
    readonly p95: number;
    readonly max: number;
    /** Features with a twin above 0.9, share of all. */
    readonly shareAbove09: number;
  };
  /** The formulas of the figures above, in words, to be shown beside them. */
  readonly formulas: Readonly<Record<string, string>>;
}

/** Two SAEs of equal width, their features matched one to one by decoder cosine. */
export interface SaeComparison {
  /** Highest cosine first; greedy: the best pair of all that are left, again and again (not Hungarian). */
  readonly pairs: readonly {
    readonly left: number;
    readonly right: number;
    readonly cosine: number;
  }[];
  readonly meanCosine: number;
  readonly shareAbove07: number;
  readonly shareAbove09: number;
  readonly leftCount: number;
  readonly rightCount: number;
  /** What pictures lose with each; null unless both were measured on the same prompts. */
  readonly inPicture: PictureFitPair | null;
}

/** All indexes of a model's SAEs: those in `<model>/index/`, and those of the storage; newest first in each block. */
export const listIndexes = defineRequest<{ modelDir: string }, readonly IndexSummary[]>(
  'index/list',
);
export const buildIndex = defineRequest<BuildIndexParams, readonly IndexSummary[], IndexProgress>(
  'index/build',
);
/** Removes an index of the storage, with pictures that no other one shows. Shipped ones stay. */
export const removeIndex = defineRequest<{ path: string }, null>('index/remove');
/** Of the index in use for each block, or of the one block asked for. */
export const qualityReport = defineRequest<
  { modelDir: string; block?: string },
  readonly QualityReport[]
>('index/quality');
/** Folders of two SAEs of ours (`sae.json`). */
export const compareSaes = defineRequest<
  { leftDir: string; rightDir: string },
  SaeComparison,
  { readonly matchedCount: number; readonly totalCount: number }
>('sae/compare');
