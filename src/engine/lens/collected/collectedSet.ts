import type { CollectionManifest } from './collectionManifest.ts';

/** What is known of one picture of a collected set. */
export interface CollectedPicture {
  /** Its place in the set, from 0. */
  readonly index: number;
  readonly prompt: string;
  /** 0 ... 2^32-1 */
  readonly seed: number;
  /** The picture (8-bit RGB PNG), relative to the set's folder, with `/`. */
  readonly file: string;
}

/** One stage whose updates a set holds. */
export interface CollectedBlock {
  /** Short name: `down.2.1`. */
  readonly block: string;
  /** diffusers path without `unet.`: `down_blocks.2.attentions.1`. */
  readonly path: string;
  /** Channels of the update. */
  readonly dModel: number;
  readonly cellsHigh: number;
  readonly cellsWide: number;
}

/** Pictures with the updates ΔD of some stages at some steps, as the job Collect left them on disk. */
export interface CollectedSet {
  /** The set's folder, absolute. */
  readonly dir: string;
  readonly manifest: CollectionManifest;
  /** Pictures that are safely on disk; `manifest.pictureCount` are wanted. */
  readonly pictureCount: number;
  /**
   * Pictures `from` (included) to `to` (excluded).
   *
   * @throws `invalidInput` for a range outside 0 ... `pictureCount`, `model` for rows that were tampered with
   */
  pictures(from: number, to: number): Promise<readonly CollectedPicture[]>;
  /**
   * ΔD = output - input of one stage at one step, of the conditional row, cells in reading order. Stored as float16 and
   * widened: |error| <= max(2^-11 |x|, 2^-25).
   *
   * @param block short name or path
   * @param stepIndex one of `manifest.steps`
   * @returns f32 `[to - from, cells, dModel]`
   * @throws `invalidInput` for a block, step or range that the set does not hold, `model` for files that do not fit
   */
  updates(block: string, stepIndex: number, from: number, to: number): Promise<Float32Array>;
}
