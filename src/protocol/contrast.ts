import type { FeatureRef } from './featurePanel.ts';
import type { EffectiveLabel } from './labels.ts';
import type { ProviderWish } from './provider.ts';
import { defineRequest } from './request.ts';

/** One side of a contrast. At least 4 pictures; halves are taken alternately, in the order given. */
export type ContrastSide =
  /** Kept runs with readings. */
  | { readonly kind: 'runs'; readonly runIds: readonly string[] }
  /** Made for this contrast and not kept: prompt i with seed `firstSeed + i`, the model's own defaults otherwise. */
  | { readonly kind: 'prompts'; readonly prompts: readonly string[]; readonly firstSeed: number }
  /** Pictures of a collected set, by index. */
  | { readonly kind: 'collected'; readonly setDir: string; readonly pictures: readonly number[] }
  /** Pictures of a collected set whose prompt has a word (or has it not); all with ''. Evenly fewer than there are. */
  | {
      readonly kind: 'collectedWord';
      readonly setDir: string;
      readonly word: string;
      readonly isWithout: boolean;
      /** 4 ... 1000 */
      readonly limit: number;
    };

export interface ContrastParams {
  readonly modelDir: string;
  readonly labelsPath?: string;
  readonly left: ContrastSide;
  readonly right: ContrastSide;
  /** Prompts only. */
  readonly provider: ProviderWish;
  /** Share of false discoveries that is allowed among the chosen, 0.001 ... 0.5. */
  readonly falseDiscoveryRate: number;
  /** Rows a block at most, 1 ... 500. */
  readonly limit: number;
}

/** How differently two groups of pictures use a feature; a picture counts with its mean over samples. */
export interface ContrastEffect {
  readonly leftMean: number;
  readonly rightMean: number;
  /** Probability that a left picture has more of it than a right one, ties half: 0.5 = no difference. */
  readonly auc: number;
  /** Two-sided Mann-Whitney test: exact with ties up to 20 pictures, else normal with tie correction. */
  readonly pValue: number;
}

export interface ContrastRow extends FeatureRef {
  readonly label: EffectiveLabel | null;
  /** On the half on which features were chosen. */
  readonly chosenOn: ContrastEffect & { readonly qValue: number };
  /** On the other half: the figure to report. */
  readonly measuredOn: ContrastEffect & {
    /** Benjamini-Hochberg over the chosen features of all blocks. */
    readonly qValue: number;
    /** 95 % interval of `leftMean - rightMean` (Welch). */
    readonly differenceLow: number;
    readonly differenceHigh: number;
  };
  /** Same direction, and q on the other half within the rate. */
  readonly isConfirmed: boolean;
}

export interface ContrastResult {
  readonly rows: readonly ContrastRow[]; // by |auc - 0.5| of the other half, the largest first
  /** Features that were active in at least one picture of the first half, hence tested. */
  readonly testedCount: number;
  readonly chosenCount: number;
  readonly confirmedCount: number;
  readonly leftCounts: { readonly chosenOn: number; readonly measuredOn: number };
  readonly rightCounts: { readonly chosenOn: number; readonly measuredOn: number };
}

export const contrastSets = defineRequest<
  ContrastParams,
  ContrastResult,
  { readonly done: number; readonly total: number }
>('contrast/run');
