import type { GenerateProgress, Picture } from './engine.ts';
import type { ErrorData } from './errors.ts';
import type { BlockReading } from './features.ts';
import type { RunManifest } from './manifest.ts';
import type { ProviderWish } from './provider.ts';
import type {
  EditMask,
  EditRecipe,
  EditSource,
  PaintRows,
  PictureBase,
  Strength,
  VectorSource,
} from './recipe.ts';
import { defineRequest } from './request.ts';

/** The model that an intervention runs on. */
export interface ModelChoice {
  readonly modelDir: string;
  readonly provider: ProviderWish;
}

export interface BoardParams extends ModelChoice {
  /** One for a plain board; several for a grid over seeds or prompts. Each is made unedited, then with each variant. */
  readonly bases: readonly PictureBase[];
  readonly variants: readonly EditRecipe[];
  /** Figures inside and outside of it; without one, each variant's own mask or active area. */
  readonly region?: EditMask;
  /** Readings of every picture come with it. */
  readonly withReadings?: boolean;
  /** Keep the edited pictures in the run store; their manifests hold the recipe. */
  readonly keep?: boolean;
  /**
   * A live preview: runs before boards that are waiting, and ends the older preview of the same `panel`, whose request
   * fails with `cancelled`.
   */
  readonly preview?: { readonly panel: string };
}

/** One finished picture of a board. */
export interface BoardPicture {
  readonly baseIndex: number;
  /** null: the unedited picture. */
  readonly variantIndex: number | null;
  readonly picture: Picture;
  readonly manifest: RunManifest;
  /** Against the unedited picture of the same base; null for that itself. */
  readonly figures: EditFigures | null;
  /** What of the recipe lies outside of what was observed, with the figure; one record a source of each edit. */
  readonly amounts: readonly AmountCheck[];
  readonly readings?: readonly BlockReading[];
  readonly reuse: Reuse;
  readonly runId?: string;
  readonly keepFailure?: ErrorData;
}

/** What this picture took from a picture before it. Reused and computed values are the same bits. */
export interface Reuse {
  /** Steps that were not run at all. */
  readonly steps: number;
  /** Segments of the U-net that were not run in the first step that was. */
  readonly segments: number;
  readonly segmentCount: number;
  /** Sum of ONNX Runtime's run times for this picture, ms: the U-net alone, and all. */
  readonly unetMs: number;
  readonly runMs: number;
}

/** How far an edited picture is from its unedited one. */
export interface EditFigures {
  /** Mean over pixels and channels of |Δ|, of 255. */
  readonly pixelDistance: number;
  /** Largest |Δ| of a channel, of 255. */
  readonly pixelDistanceMax: number;
  /** Mean structural similarity of the luminance, -1 ... 1: Gaussian window, σ 1.5, 11 x 11. */
  readonly ssim: number;
  /** Largest |Δ| of the last latents over the largest value of the unedited ones. */
  readonly latentDistance: number;
  readonly area: AreaFigures;
  /** Absent without an LPIPS network. */
  readonly lpips?: LpipsFigure;
}

/** Perceptual distance by a network that was given. */
export interface LpipsFigure {
  /** 0: equal; pictures of other things are near 0.7 (AlexNet). */
  readonly distance: number;
  /** Of the network's file: distances of two networks do not compare. */
  readonly sha256: string;
}

/** The edit's effect where it was made and elsewhere. A pixel counts by the weight of its cell. */
export interface AreaFigures {
  /** `mask`: the painted one; `active`: the cells where the edited sources were active; `region`: as asked. */
  readonly kind: 'mask' | 'active' | 'region' | 'everything';
  /** Of the picture, 0 ... 1. */
  readonly share: number;
  /** Mean |Δ| of 255; null without such pixels. */
  readonly inside: number | null;
  readonly outside: number | null;
  /** inside / outside; null without an outside, and where nothing changed outside. */
  readonly locality: number | null;
}

/**
 * An amount against what was observed. The code that the edit writes or adds at full mask weight, over its steps.
 * Outside is: more than the observed maximum, or more than the update's own length at a cell.
 */
export interface AmountCheck {
  readonly editIndex: number;
  readonly block: string;
  /** `up.0.1/123`, `up.0.1/channel 4`, `up.0.1/PCA 1`. */
  readonly label: string;
  /** In codes; signed. */
  readonly amount: number;
  /** μ_f of the SAE, else null. */
  readonly mean: number | null;
  readonly std: number | null;
  readonly max: number | null;
  /** Where `max` comes from: an index over many pictures, or the unedited picture at hand. */
  readonly maxFrom: 'index' | 'picture' | 'source' | null;
  /** |amount| · ‖W‖ / ‖ΔD‖ at the cell where that is largest, of the unedited run. */
  readonly ofUpdate: number;
  readonly cell: number;
  readonly step: number;
  readonly isOutside: boolean;
  /** Why, with the figures; empty when inside. */
  readonly reason: string;
}

export type BoardProgress =
  | GenerateProgress
  /** Pictures finished, of all; before each picture. */
  | { readonly phase: 'making'; readonly pictureIndex: number; readonly pictureCount: number }
  | { readonly phase: 'made'; readonly made: BoardPicture };

/** Without pictures and readings: those came as progress, in order. */
export interface BoardResult {
  readonly made: readonly Omit<BoardPicture, 'picture' | 'readings'>[];
}

/**
 * Makes each base unedited and with every variant, over what they share. A bad variant fails the whole request before
 * anything runs, naming it.
 */
export const runBoard = defineRequest<BoardParams, BoardResult, BoardProgress>('interventions/run');

export interface CheckParams extends ModelChoice {
  readonly base: PictureBase;
  readonly recipe: EditRecipe;
}

/** The range guard before running: needs the unedited run, which it makes (or reuses). */
export const checkEdit = defineRequest<
  CheckParams,
  { readonly amounts: readonly AmountCheck[] },
  GenerateProgress
>('interventions/check');

/** `random`: live features of equal mass on the same map; `sign`: flipped; `direction`: random, of equal norm; `permuted`: the map's cells shuffled. */
export const controlKinds = ['random', 'sign', 'direction', 'permuted'] as const;
export type ControlKind = (typeof controlKinds)[number];

export interface ControlsParams extends ModelChoice {
  readonly base: PictureBase;
  readonly recipe: EditRecipe;
  readonly kinds: readonly ControlKind[];
  /** How many of each kind that has chance in it, 1 ... 64; `sign` gives one. */
  readonly count: number;
  /** The same seed gives the same controls. 0 ... 2^32-1. */
  readonly seed: number;
}

export interface Control {
  readonly kind: ControlKind;
  /** In words: what takes which feature's place. */
  readonly label: string;
  readonly recipe: EditRecipe;
  /** Σ over edits, steps, rows and cells of |weight| · ‖W‖: equal to the edit's own. */
  readonly mass: number;
}

/**
 * Matched controls of an edit as recipes, to be run on a board like any variant.
 *
 * @throws `invalidInput` for edits that have no named sources (keep only, reconstruct, ablate, swap)
 */
export const makeControls = defineRequest<
  ControlsParams,
  { readonly mass: number; readonly controls: readonly Control[] },
  GenerateProgress
>('interventions/controls');

export interface RankParams extends ModelChoice {
  readonly base: PictureBase;
  /** Blocks whose features are ablated; all with an SAE without it. */
  readonly blocks?: readonly string[];
  /** The N strongest by mean over the cells in the first step, in units of their block's largest; 1 ... 500. */
  readonly count: number;
  /** Effect on this part of the picture; the whole without it. */
  readonly region?: EditMask;
}

export interface RankedFeature {
  readonly block: string;
  readonly feature: number;
  /** Mean code over the cells, first step, in the unedited run. */
  readonly activation: number;
  /** Mean |Δ| of 255 in the region (or picture) when it is removed at all steps, static maps. */
  readonly effect: number;
  readonly pixelDistance: number;
  readonly ssim: number;
}

export type RankProgress =
  | GenerateProgress
  | {
      readonly phase: 'ranked';
      readonly doneCount: number;
      readonly totalCount: number;
      readonly found: RankedFeature;
    };

/** Causal rank: removes each of the strongest features alone. Largest effect first. */
export const rankFeatures = defineRequest<
  RankParams,
  { readonly features: readonly RankedFeature[] },
  RankProgress
>('interventions/rank');

export interface DownstreamParams extends ControlsParams {
  /** Codes listed a block, 1 ... 1000. */
  readonly top: number;
}

/** How much an edit changed a code of a later block, beside what matched controls did to the same code. */
export interface DownstreamChange {
  readonly feature: number;
  /** Mean over cells and steps in the unedited and in the edited run. */
  readonly before: number;
  readonly after: number;
  /** after - before, in codes. */
  readonly change: number;
  readonly controlMean: number;
  /** Sample standard deviation over the controls. */
  readonly controlStd: number;
  /** (change - controlMean) / controlStd; null with fewer than two controls or no spread. */
  readonly effectSize: number | null;
}

export interface DownstreamBlock {
  readonly block: string;
  /** Σ over codes of |change|, for the edit and each control. */
  readonly total: number;
  readonly controlTotals: readonly number[];
  /** Largest |change| first. */
  readonly changes: readonly DownstreamChange[];
}

export const readDownstream = defineRequest<
  DownstreamParams,
  { readonly controlLabels: readonly string[]; readonly blocks: readonly DownstreamBlock[] },
  BoardProgress
>('interventions/downstream');

export interface IconParams extends ModelChoice {
  /** Its prompt is not used: an icon is made on the empty prompt. */
  readonly base: PictureBase;
  readonly block: string;
  readonly source: EditSource;
  /** Default 0.5, 1, 1.5. */
  readonly gammas?: readonly number[];
}

/** Feature icons: `D_out = D_in + γ · k · μ_f · W` everywhere. Pictures come as progress, the unedited one first. */
export const makeIcon = defineRequest<IconParams, BoardResult, BoardProgress>('interventions/icon');

export interface StripParams extends ModelChoice {
  readonly base: PictureBase;
  readonly block: string;
  readonly source: EditSource;
  /** Amounts added; 0 is the unedited picture. */
  readonly strengths: readonly number[];
  readonly unit: Strength['unit'];
  readonly rows: PaintRows;
  readonly mask?: EditMask;
  readonly steps?: readonly number[];
}

/** Dose and response: one source over a range of strengths, the same noise. One variant a strength, in their order. */
export const makeStrip = defineRequest<StripParams, BoardResult, BoardProgress>(
  'interventions/strip',
);

export interface CopyParams extends ModelChoice {
  readonly base: PictureBase;
  readonly recipe: EditRecipe;
  /** `python`: one file for torch and diffusers, complete with the vectors that it needs. */
  readonly form: 'json' | 'command' | 'python';
}

export const copyEdit = defineRequest<CopyParams, { readonly text: string }, GenerateProgress>(
  'interventions/copy',
);

/** Prompts of one set. */
export const directionPromptsMax = 256;

/** Prompts themselves, or a file of them: one a line, or a table with a column named `prompt`, `caption` or `text`. */
export type PromptSet = { readonly texts: readonly string[] } | { readonly file: string };

/** How a direction of one's own is made. Updates are those of the conditional row, all steps, all cells. */
export type DirectionMaking =
  /** Principal component number `component` (from 0) of the updates over the prompts; unit length. */
  | { readonly kind: 'pca'; readonly prompts: PromptSet; readonly component: number }
  /** Mean update over the first prompts minus that over the others. */
  | {
      readonly kind: 'difference';
      readonly prompts: PromptSet;
      readonly otherPrompts: PromptSet;
    }
  /** Logistic regression of "cell belongs to the first set" on the update; `read` is the probe, `vector` the same direction with ⟨read, vector⟩ = 1. */
  | {
      readonly kind: 'probe';
      readonly prompts: PromptSet;
      readonly otherPrompts: PromptSet;
    }
  /** A vector from a `.safetensors`, `.npy` or `.json` file; `tensor` names it where there are several. */
  | { readonly kind: 'file'; readonly path: string; readonly tensor?: string };

export interface DirectionParams extends ModelChoice {
  readonly block: string;
  /** Everything but the prompt. */
  readonly base: PictureBase;
  readonly making: DirectionMaking;
}

/** The result goes into recipes as it is. */
export const makeDirection = defineRequest<
  DirectionParams,
  {
    readonly source: VectorSource;
    /** PCA: share of variance; probe: accuracy on held-out prompts' cells; each 0 ... 1. */
    readonly quality?: { readonly name: string; readonly value: number };
  },
  GenerateProgress
>('interventions/direction');
