import type { GenerateParams } from './engine.ts';

/** Raised when the shape of a recipe changes; readers refuse newer ones by number. */
export const recipeVersion = 1;

/** What decides the unedited picture, given a model. */
export type PictureBase = Omit<GenerateParams, 'modelDir' | 'provider' | 'keep'>;

/**
 * What is done to one picture: plain JSON, complete in itself but for the model. Edits of one block are applied in
 * order; `recipeSchema` has the allowed ranges.
 */
export interface EditRecipe {
  readonly version: typeof recipeVersion;
  readonly name?: string;
  /** The picture that it was made for: told, never obeyed by a board, which has its own. */
  readonly base?: PictureBase;
  /** SHA-256 of each named block's SAE weights: a feature of one SAE never passes for another's. */
  readonly saes?: Readonly<Record<string, string>>;
  readonly edits: readonly Edit[];
}

/**
 * A feature of the block's SAE, or any direction in the block's update. A direction `v` is read as the code
 * `s = ⟨ΔD, read⟩ + readBias` and written as `s · v`.
 */
export type EditSource =
  | { readonly feature: number }
  /** One channel of the update. */
  | { readonly channel: number }
  | VectorSource;

export interface VectorSource {
  /** In words: "PCA 1 of 40 prompts". */
  readonly name: string;
  readonly vector: readonly number[]; // [width]
  /** Default: `vector / ‖vector‖²`, so that removing it takes its whole part out of the update. */
  readonly read?: readonly number[]; // [width]
  /** Default: 0. */
  readonly readBias?: number;
  /** Mean of its codes above 0 where it was made: the unit `mean`. */
  readonly mean?: number;
  readonly std?: number;
  /** Largest code where it was made: the unit `max`. */
  readonly max?: number;
}

/** `mean`: × mean of the active activations μ_f; `max`: × observed maximum (an index's, else the unedited picture's); `raw`: in codes, times the stored vector. */
export const strengthUnits = ['mean', 'max', 'raw'] as const;
export type StrengthUnit = (typeof strengthUnits)[number];

export interface Strength {
  readonly value: number;
  readonly unit: StrengthUnit;
}

/** `fractional`: the mean of a cell's pixels is its weight; `binary`: 1 where that is above 0. */
export const maskRules = ['fractional', 'binary'] as const;
export type MaskRule = (typeof maskRules)[number];

/**
 * Where an edit acts. Pixels become cells by the mean of each cell's pixels (`numerics/maskCells.ts`), which is the
 * weight (`fractional`), or counts as 1 where it is above 0 (`binary`).
 */
export type EditMask =
  | {
      readonly kind: 'pixels';
      readonly rule: MaskRule;
      readonly width: number;
      readonly height: number;
      /** Count and value (0 ... 255) in turn, row by row: `[120, 0, 8, 255, ...]`; the counts fill the picture. */
      readonly runs: readonly number[];
    }
  | {
      readonly kind: 'cells';
      readonly cellsHigh: number;
      readonly cellsWide: number;
      readonly weights: readonly number[]; // [cellsHigh · cellsWide], 0 ... 1
    };

interface AnyEdit {
  /** Short name: `down.2.1`; any attention stage of the model. */
  readonly block: string;
  /** Everywhere without it. */
  readonly mask?: EditMask;
  /** Edited steps, from 0; all without it. */
  readonly steps?: readonly number[];
}

/** `static`: codes of the unedited run, same step, row and cell; `adaptive`: of the edited run as it goes. */
export const mapKinds = ['static', 'adaptive'] as const;
export type MapKind = (typeof mapKinds)[number];

/** With guidance, `both` subtracts from the unconditional row what it adds to the conditional one. */
export const paintRows = ['conditional', 'both'] as const;
export type PaintRows = (typeof paintRows)[number];

/**
 * With M the mask, u the block's update, S codes, W a source's vector, D_in the block's input:
 * ```
 * scale        D_out += (factor - 1) · M · S · W           0 removes, below 0 pushes away
 * add          D_out += M · strength · W                   `onlyActive`: where S > 0
 * replace      u = (1 - M) · u + M · strength · W          rows as a feature icon: only the conditional gets W
 * keepOnly     u = (1 - M) · u + M · Σ_named S · W
 * reconstruct  u = (1 - M) · u + M · h_hat                 `withError`: + (ΔD - h_hat), a control that changes nothing
 * ablate       u = (1 - M) · u
 * swap         u = (1 - M) · u + M · u of `from`'s run
 * addMap       D_out += M · weights[step][row] · W         weights as given, in codes
 * ```
 * scale, keepOnly, reconstruct, ablate and swap take each row of the batch by its own codes; add by `rows`.
 */
export type Edit =
  | (AnyEdit & {
      readonly kind: 'scale';
      readonly sources: readonly EditSource[];
      readonly factor: number;
      readonly maps: MapKind;
    })
  | (AnyEdit & {
      readonly kind: 'add';
      readonly sources: readonly EditSource[];
      readonly strength: Strength;
      readonly rows: PaintRows;
      /** Where active in each row's own codes. */
      readonly onlyActive?: MapKind;
    })
  | (AnyEdit & {
      readonly kind: 'replace';
      readonly sources: readonly EditSource[];
      readonly strength: Strength;
    })
  | (AnyEdit & {
      readonly kind: 'keepOnly';
      readonly sources: readonly EditSource[];
      readonly maps: MapKind;
    })
  | (AnyEdit & {
      readonly kind: 'reconstruct';
      readonly withError: boolean;
      readonly maps: MapKind;
    })
  | (AnyEdit & { readonly kind: 'ablate' })
  | (AnyEdit & {
      readonly kind: 'swap';
      /** The run whose update is taken: the base, but for what is named here. */
      readonly from: SwapOrigin;
    })
  | (AnyEdit & {
      readonly kind: 'addMap';
      readonly sources: readonly EditSource[];
      /** By step of the run, then by row (one: the conditional alone; two: unconditional first), then by cell. */
      readonly weights: readonly (readonly (readonly number[])[])[];
      readonly cellsHigh: number;
      readonly cellsWide: number;
    });

export type EditKind = Edit['kind'];

export interface SwapOrigin {
  readonly prompt?: string;
  readonly negativePrompt?: string;
  readonly seed?: number;
}
