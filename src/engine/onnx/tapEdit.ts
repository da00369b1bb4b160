import type { TensorRef } from '../../protocol/tensors.ts';

/** One number for all cells, or one per cell (row-major over height and columns). */
export type CellWeight = number | Float32Array;

/**
 * A weight for every cell. A list gives one per row of the batch, in the batch's own order (with guidance diffusers
 * puts the unconditional row first); alone, a weight counts for every row.
 */
export type CellMap = CellWeight | readonly CellWeight[];

/**
 * What is added in a cell, and what its strength `s` means there. A feature of the tap's SAE: its decoder row, and
 * its code in this very run. A direction of one's own: that vector, and `⟨ΔD, read⟩ + readBias`.
 */
export type EditSource =
  | { readonly feature: number }
  | {
      readonly direction: Float32Array; // [width]
      /** Without it `s` is `readBias`. */
      readonly read?: Float32Array; // [width]
      readonly readBias?: number;
    };

/** Adds a direction in each cell with weight `map · (constant + byCode · s + whereActive · [s > 0])`. */
export interface ListedEdit {
  readonly source: EditSource;
  readonly map: CellMap;
  readonly constant?: number;
  readonly byCode?: number;
  readonly whereActive?: number;
}

/**
 * What is done at one tap; everything left out is neutral. `editUpdate` has the formula. The operations, with M a mask
 * on cells (or 1), f a feature, μ its mean, S its codes in another run:
 * ```
 * remove, scale to m    list: [{ feature f, map: M, byCode: m - 1 }]        codes of this run (adaptive)
 *                       list: [{ feature f, map: (m - 1) · S · M, constant: 1 }]             (static)
 * add                   list: [{ feature f, map: M, constant: strength · μ }]
 * add where active      list: [{ feature f, map: M, whereActive: strength · μ }]
 * replace by one        keep: 1 - M, list: [{ feature f, map: M, constant: strength }]
 * keep only             keep: 1 - M, gainMap: M, gain: 1 at the features kept, else 0
 * reconstruct           keep: 1 - M, gainMap: M, gain: all 1, biasWeight: M (with its error: no edit)
 * ablate the stage      keep: 1 - M
 * swap update cells     keep: 1 - M, addition: { tensor: the other run's update, weight: M }
 * paint with guidance   map: [-M, M] (unconditional row first); icon: keep: 0, map: [0, 1]
 * ```
 * A direction takes a feature's place in every line with `list`.
 */
export interface TapEdit {
  /** Weight of the stage's own update: 1 as it is, 0 without it. */
  readonly keep?: CellMap;
  /** Weights by which every feature's own code is added, `[nFeatures]`, or one such list per row: -1 removes. */
  readonly gain?: Float32Array | readonly Float32Array[];
  readonly gainMap?: CellMap;
  /** Weight of the decoder's bias: 1 in a full reconstruction. */
  readonly biasWeight?: CellMap;
  readonly list?: readonly ListedEdit[];
  /** A tensor of the update's shape, such as another run's `update`, by value or by handle. */
  readonly addition?: { readonly tensor: TensorRef; readonly weight: CellMap };
}
