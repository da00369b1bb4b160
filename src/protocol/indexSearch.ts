import type { FeatureRef } from './featurePanel.ts';
import type { EffectiveLabel, LabelSource } from './labels.ts';
import { defineRequest } from './request.ts';

/** The figures of one feature that lists, chips and cards share. Strengths are activations as the SAE gives them. */
export interface FeatureFigures {
  /** Share of samples in which it is active, 0 ... 1. */
  readonly density: number;
  /** Share of pictures in which it is active, 0 ... 1. */
  readonly pictureShare: number;
  /** μ_f: mean over its active samples, the unit of strengths; 0 when dead. */
  readonly mean: number;
  /** Population standard deviation over its active samples. */
  readonly std: number;
  readonly max: number;
  /** 1 - mean share of samples that are active in pictures where any is: near 1 = one spot, 0 = everywhere. */
  readonly locality: number;
  readonly isDead: boolean;
  /** Active in more than nine of ten pictures. */
  readonly isAlwaysOn: boolean;
}

export interface FeatureRow extends FeatureRef, FeatureFigures {
  readonly label: EffectiveLabel | null;
  /** The few words that say most, best first. */
  readonly words: readonly string[];
  /** Its strongest picture; null for a dead feature. */
  readonly best: ExamplePicture | null;
  /** Why it was found: words of the query and where they were; empty when browsing. */
  readonly matches: readonly {
    readonly in: 'id' | 'label' | 'note' | 'words';
    readonly text: string;
  }[];
}

export const featureSorts = [
  'relevance',
  'density',
  'pictureShare',
  'strength',
  'max',
  'locality',
  'label',
  'id',
] as const;
export type FeatureSort = (typeof featureSorts)[number];

export interface SearchParams {
  readonly modelDir: string;
  /** The labels file of the workspace; own labels are searched when given. */
  readonly labelsPath?: string;
  /**
   * Ids (`1674`, `down.2.1/1674`) or words of labels, notes and prompts, the last one by its beginning too: features that
   * have all of them or, where none has, some. Empty: browse.
   */
  readonly text: string;
  readonly blocks?: readonly string[];
  readonly hideDead?: boolean;
  readonly hideAlwaysOn?: boolean;
  /** Only features that have a label of this source, or any. */
  readonly labelled?: LabelSource | 'any';
  /** Only members of this own list. */
  readonly list?: string;
  /** `relevance` when there is text, `density` when not. */
  readonly sort?: FeatureSort;
  readonly isAscending?: boolean;
  readonly offset: number;
  /** 1 ... 500. */
  readonly limit: number;
}

export interface SearchResult {
  readonly rows: readonly FeatureRow[];
  /** All that were found, not only this page. */
  readonly totalCount: number;
  /** False: no feature has all words of the text; those found have some. */
  readonly hasAllWords: boolean;
  readonly durationMs: number;
}

/** One picture in which a feature was (or was nearly) active. */
export interface ExamplePicture {
  readonly pictureIndex: number;
  readonly prompt: string;
  readonly seed: number;
  /** Absolute path of the thumbnail; null when it is not kept. */
  readonly path: string | null;
  /** Strongest sample of the picture; for hard negatives the largest pre-activation, which was not enough. */
  readonly peak: number;
  /** Step and cell (`y · cellsWide + x`) of the peak. */
  readonly stepIndex: number;
  readonly peakCell: number;
}

/** An example with its map at the peak's step, f32 `[cellsHigh, cellsWide]`, in 255 steps of the peak. */
export interface ExampleWithMap extends ExamplePicture {
  readonly map: Float32Array;
}

/**
 * Where in the distribution of its active pictures' peaks an example lies. `top`: the strongest; `99-99.9`, `90-99`,
 * `median` (40 to 60 %): quantile intervals; `random`: drawn evenly from the active pictures.
 */
export const exampleIntervals = ['top', '99-99.9', '90-99', 'median', 'random'] as const;
export type ExampleInterval = (typeof exampleIntervals)[number];

export interface FeatureWord {
  /** Not an article, preposition or other word that names nothing. */
  readonly word: string;
  /** Pictures with the word in which the feature is active; an upper bound when `isExact` is false. */
  readonly pictureCount: number;
  /** Pictures with the word in the whole set. */
  readonly wordPictureCount: number;
  /** tf · idf: (strength in pictures with the word / strength in all) · ln(N / pictures with the word). */
  readonly tfIdf: number;
  /** Of "the prompt has the word" as a guess of "the feature is active": mean of both hit rates, 0.5 = chance. */
  readonly balancedAccuracy: number;
}

export interface FeatureNeighbour extends FeatureRef {
  readonly label: EffectiveLabel | null;
  readonly cosine: number;
}

export interface CoActiveFeature extends FeatureRef {
  readonly label: EffectiveLabel | null;
  /** log2 of P(both) / (P(one) · P(other)) over samples of the same cell and step. */
  readonly pmi: number;
  /** Samples in which both are active. */
  readonly sampleCount: number;
}

export interface FeatureCard extends FeatureRef {
  readonly figures: FeatureFigures;
  readonly label: EffectiveLabel | null;
  /** Every label that is known, the effective one first. */
  readonly labels: readonly EffectiveLabel[];
  readonly lists: readonly string[];
  readonly nFeatures: number;
  readonly cellsHigh: number;
  readonly cellsWide: number;
  readonly pictureCount: number;
  readonly sampleCount: number;
  readonly activePictureCount: number;
  readonly activeSampleCount: number;
  /** Active samples by strength: bin i holds `[edges[i], edges[i + 1])`; edges a factor of √2 apart. */
  readonly histogram: { readonly edges: readonly number[]; readonly counts: readonly number[] };
  /** Mean strength in each cell over all pictures and steps, f32 `[cellsHigh, cellsWide]`, in 255 steps of its largest. */
  readonly spatialPrior: Float32Array;
  /** Density by step, in the order of the index's `stepIndices`. */
  readonly stepDensities: readonly number[];
  readonly stepIndices: readonly number[];
  readonly words: readonly FeatureWord[];
  /** False when the set has more different words than are counted exactly. */
  readonly areWordsExact: boolean;
  readonly neighbours: readonly FeatureNeighbour[];
  /** Nearest decoder rows of SAEs of other blocks, where those are of equal width. */
  readonly neighboursElsewhere: readonly FeatureNeighbour[];
  readonly coActive: readonly CoActiveFeature[];
  readonly isCoActivityExact: boolean;
  readonly examples: readonly {
    readonly interval: ExampleInterval;
    readonly pictures: readonly ExampleWithMap[];
  }[];
  /** Quantile boundaries are exact up to 512 active pictures, beyond that those of an even sample of 512. */
  readonly areIntervalsExact: boolean;
  /** Not active in any sample, but among the runners-up of a cell; the largest pre-activation first. */
  readonly hardNegatives: readonly ExamplePicture[];
  /** Evenly drawn pictures without it. */
  readonly randomNegatives: readonly ExamplePicture[];
}

export interface LikePictureRow extends FeatureRow {
  /** Mean over the picture's samples. */
  readonly meanInPicture: number;
  /** (mean in the picture - mean over all pictures) / standard deviation over pictures: what sets the picture apart. */
  readonly zScore: number;
}

/** Search and gallery alike; under 50 ms at 20,480 features once the indexes are read. */
export const searchFeatures = defineRequest<SearchParams, SearchResult>('features/search');
/** @throws `invalidInput` when the block has no index or the id is out of range */
export const featureCard = defineRequest<
  { modelDir: string; labelsPath?: string; feature: FeatureRef },
  FeatureCard
>('features/card');
/** Features that set a kept run's picture apart, over all indexed blocks. */
export const featuresLikePicture = defineRequest<
  { modelDir: string; labelsPath?: string; runId: string; limit: number },
  { rows: readonly LikePictureRow[]; skippedBlocks: readonly string[] }
>('features/likePicture');
