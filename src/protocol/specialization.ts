import type { CollectPrompts } from './collect.ts';
import type { Picture } from './engine.ts';
import type { ProviderWish } from './provider.ts';
import { defineRequest } from './request.ts';

/** The name of the job kind; its params are `SpecializeParams`. */
export const specializeKind = 'specialize';

/** What can be measured; charts keep these numbers. */
export const chartIds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14] as const;
export type ChartId = (typeof chartIds)[number];

export const chartNames: Readonly<Record<ChartId, string>> = {
  1: 'Without a whole block',
  2: 'Inside against outside, at matched effect',
  3: 'What an edit changes, by block',
  4: 'What single features tell of a scene',
  5: 'What the classifier sees when features are added',
  6: 'What several features tell of a scene',
  7: 'Where prompts differ, by kind of edit',
  8: 'From one prompt’s picture to another’s',
  9: 'Dose and effect',
  10: 'What the SAE explains, step by step',
  11: 'How long features stay',
  12: 'Without a block for some steps',
  13: 'Specificity, causality, sensitivity',
  14: 'A block made of few features',
};

/** What to measure about a model's blocks. What is left out, the model or the defaults say. */
export interface SpecializeParams {
  readonly modelDir: string;
  readonly provider: ProviderWish;
  /** Folder of the results: new, empty, or begun with the same choice. Absolute. */
  readonly dir: string;
  readonly prompts: CollectPrompts;
  /** Half of them choose features, the other half measures: 8 ... 400; default 24. */
  readonly promptCount?: number | undefined;
  /** Of the half that measures, those in which features are edited (charts 2, 3, 5 and 9): 2 or more; default: all. */
  readonly editPromptCount?: number | undefined;
  /** Default: all. */
  readonly charts?: readonly ChartId[] | undefined;
  /** Blocks with an SAE, short names; default: all of them. */
  readonly blocks?: readonly string[] | undefined;
  /** Of each block, 2 ... 200; default 10. As many random directions are measured beside them. */
  readonly featureCount?: number | undefined;
  /** ‖δ‖ / rms‖ΔD‖, above 0 to 16; default 0.5, 1, 2. */
  readonly doses?: readonly number[] | undefined;
  /** Steps of the pictures of charts 10, 11 and 12, 2 ... 50; default 4. */
  readonly stepCount?: number | undefined;
  /** Charts 4, 5, 6 and 13: pictures of further prompts, 40 ... 10,000; default 800. Half of them choose, half score. */
  readonly sceneCount?: number | undefined;
  /** Charts 4 and 6: pairs of pictures that each half needs for a factor to count, 5 ... 1,000; default 50. */
  readonly pairsMin?: number | undefined;
  /** Charts 7 and 8: pairs of prompts, `riebench.json` or a file of its form. Default: made from the prompts' grammar. Absolute. */
  readonly editsFile?: string | undefined;
  /** Charts 7 and 8: pairs of each kind of edit, 2 ... 200; default 30. */
  readonly editCount?: number | undefined;
  /** Chart 8: pairs that are transferred, 2 ... 1,000; default 100. */
  readonly frontCount?: number | undefined;
  /** Charts 7 and 8: features that are added, and as many that are removed, 1 ... 200; default 20. */
  readonly transferCount?: number | undefined;
  /** Chart 8: what maps are multiplied with, above 0 to 16; default 0.5, 1, 2, 4. */
  readonly strengths?: readonly number[] | undefined;
  /** Chart 1: convolution blocks (resnets) beside attention stages; default true. */
  readonly withResnets?: boolean | undefined;
  /** Of the pictures: prompt i has this seed + i; also of what is chosen by chance. Default 0. */
  readonly seed?: number | undefined;
}

/** What a job would do, before it starts. */
export interface SpecializePlan {
  readonly dir: string;
  readonly promptsName: string;
  readonly promptCount: number;
  /** Prompts in which features are edited; others chose them. */
  readonly measuredCount: number;
  readonly blocks: readonly string[];
  /** Stages that chart 1 leaves out one by one. */
  readonly stages: readonly string[];
  readonly charts: readonly ChartId[];
  readonly featureCount: number;
  readonly doses: readonly number[];
  readonly stepCount: number;
  /** Charts 4 and 6: what enough of the prompts state. */
  readonly factors: readonly string[];
  /** Charts that were wanted and cannot be made, and why: sentences. */
  readonly absent: readonly string[];
  /** Edited pictures, of which so many are made already. */
  readonly pictureCount: number;
  readonly doneCount: number;
  /** What is left at the time that a few pictures took just now; undefined when nothing is left. */
  readonly secondsLeft: number | undefined;
}

/** One figure with its 95 % interval, which may be unbounded with too few prompts. */
export interface ChartMark {
  /** Place along the horizontal axis; bars and heat maps: a place in `ChartFacet.columns`. */
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
  /** "10 features x 12 prompts" */
  readonly n: string;
  /** Stands beside the mark: dose, R² of the SAE. */
  readonly note?: string;
  /** Its interval leaves out what chance does, all marks of the chart together. */
  readonly isSpecial?: boolean;
  /** Names its pictures; null where no pictures were edited. */
  readonly key: string | null;
}

export interface ChartSeries {
  readonly name: string;
  /** Its colour; undefined where a series has marks of all blocks. */
  readonly block?: string;
  readonly isControl: boolean;
  readonly marks: readonly ChartMark[];
}

/** One set of axes; a chart of several figures has one for each. */
export interface ChartFacet {
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle: string;
  /** `heat`: one row a series, one column a place. */
  readonly kind: 'bars' | 'lines' | 'heat';
  /** Heat maps: what the ends of the colours stand for; default: what there is. */
  readonly range?: readonly [number, number];
  /** Bars and heat maps: what stands at each place. */
  readonly columns?: readonly string[];
  readonly series: readonly ChartSeries[];
}

export interface Chart {
  readonly id: ChartId;
  readonly title: string;
  /** What each figure is, its intervals and its control. */
  readonly formula: string;
  /** What can be said, in a sentence; also when there is no difference. */
  readonly finding: string;
  readonly facets: readonly ChartFacet[];
}

/** A report as far as it is measured. */
export interface SpecializationView {
  readonly dir: string;
  /** Null until the job has chosen its features. */
  readonly report: {
    readonly modelId: string;
    readonly isEmbedded: boolean;
    readonly promptsName: string;
    readonly promptCount: number;
    /** Prompts in which features are edited. */
    readonly measuredCount: number;
    /** Prompts of charts about whole blocks, for which nothing was chosen: 1, 10, 11 and 12. */
    readonly blockPromptCount: number;
    readonly blocks: readonly string[];
    readonly featureCount: number;
    /** What was left out, and why. */
    readonly notes: readonly string[];
    readonly charts: readonly Chart[];
    /** Wanted, but not enough is measured yet. */
    readonly missing: readonly ChartId[];
  } | null;
}

/** Stands on every chart of the embedded model. */
export const toyCaveat = 'a 128 px toy with known factors: not evidence about SDXL';

/** The pictures of one measurement behind a mark. */
export interface MarkPicture {
  readonly prompt: string;
  readonly seed: number;
  /** What was done: "up.0.1/123, dose 1". */
  readonly label: string;
  /** Side by side, with what each is. */
  readonly shots: readonly { readonly name: string; readonly picture: Picture }[];
  /** Mean |Δ| of 255 between the first two, as it was measured; null where they are one picture. */
  readonly pixelDistance: number | null;
}

/** Some of the pictures behind a mark. */
export interface MarkPictures {
  readonly pictures: readonly MarkPicture[];
  /** How many there are. */
  readonly count: number;
  /** Of the pictures: "from ... to ...". */
  readonly order: string;
}

/** What it would take; makes a few pictures to tell the time. @throws `invalidInput` naming what does not fit */
export const planSpecialization = defineRequest<SpecializeParams, SpecializePlan>(
  'specialization/plan',
);
/** @throws `invalidInput` when the folder holds no report of ours */
export const readSpecialization = defineRequest<
  { readonly dir: string } | { readonly jobId: string },
  SpecializationView
>('specialization/read');
/**
 * Makes some of the pictures behind a mark again: the same bits as when they were measured.
 *
 * @throws `invalidInput` for a key that the report does not have, or a model that is another one by now
 */
export const showMark = defineRequest<
  {
    readonly dir: string;
    readonly modelDir: string;
    readonly provider: ProviderWish;
    readonly key: string;
    /** 1 ... 24 */
    readonly limit: number;
  },
  MarkPictures
>('specialization/show');
