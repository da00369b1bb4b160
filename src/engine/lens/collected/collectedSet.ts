import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { invalidInput } from '../../../protocol/errors.ts';
import { configSizeBytesMax } from '../../models/limits.ts';
import { CollectedRows } from './collectedRows.ts';
import { cellsOf, readShard } from './collectedShard.ts';
import { type CollectionManifest, parseCollectionManifest } from './collectionManifest.ts';
import { manifestName, pictureName } from './setLayout.ts';

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

/**
 * Opens a collected set for reading, as it is now: pictures that are added meanwhile are not in it. Nothing is held
 * open; a set may be read while it grows.
 *
 * @throws `invalidInput` for a folder without a set, `model` for a set that does not fit its own description
 */
export async function openCollectedSet(dir: string): Promise<CollectedSet> {
  const folder = resolve(dir);
  const manifest = await readManifest(folder);
  if (!manifest) {
    throw invalidInput(`"${folder}" holds no collected set: it has no ${manifestName}.`);
  }
  const { batchSize, blocks, steps } = manifest;
  const rows = await CollectedRows.read(folder, batchSize);
  const { pictureCount } = rows;

  function checkRange(from: number, to: number): void {
    if (Number.isInteger(from) && Number.isInteger(to) && 0 <= from && from <= to) {
      if (to <= pictureCount) return;
    }
    throw invalidInput(
      `Pictures ${from} to ${to} are wanted; the set has whole numbers from 0 to ${pictureCount}.`,
    );
  }

  function blockNamed(name: string): CollectedBlock {
    const found = blocks.find(({ block, path }) => block === name || path === name);
    if (found) return found;
    const known = blocks.map(({ block }) => block).join(', ');
    throw invalidInput(`The set holds no updates of "${name}", but of ${known}.`);
  }

  /** The batches that a range touches, with the part of each. */
  function* parts(from: number, to: number) {
    for (let at = from; at < to;) {
      const batchIndex = Math.floor(at / batchSize);
      const first = batchIndex * batchSize;
      const end = Math.min(to, first + batchSize);
      const count = Math.min(batchSize, pictureCount - first);
      yield { batchIndex, from: at - first, to: end - first, count, offset: at - from };
      at = end;
    }
  }

  return {
    dir: folder,
    manifest,
    pictureCount,
    pictures: async (from, to) => {
      checkRange(from, to);
      const found: CollectedPicture[] = [];
      for (const part of parts(from, to)) {
        const { pictures } = await rows.row(part.batchIndex);
        for (let place = part.from; place < part.to; place++) {
          const index = part.batchIndex * batchSize + place;
          found.push({ index, ...pictures[place]!, file: pictureName(index) });
        }
      }
      return found;
    },
    updates: async (name, stepIndex, from, to) => {
      checkRange(from, to);
      const block = blockNamed(name);
      if (!steps.includes(stepIndex)) {
        throw invalidInput(
          `Step index ${stepIndex} was not recorded; the set has ${steps.join(', ')}.`,
        );
      }
      const size = cellsOf(block) * block.dModel;
      const values = new Float32Array((to - from) * size);
      for (const part of parts(from, to)) {
        values.set(
          await readShard(folder, part.batchIndex, block, stepIndex, part),
          part.offset * size,
        );
      }
      return values;
    },
  };
}

/** Undefined for a folder that has none. @throws `model` for one that is not ours */
export async function readManifest(dir: string): Promise<CollectionManifest | undefined> {
  const path = join(dir, manifestName);
  const facts = await stat(path).catch(() => undefined);
  if (!facts) return undefined;
  if (facts.size > configSizeBytesMax) {
    throw invalidInput(
      `${path} has ${facts.size} bytes; at most ${configSizeBytesMax} are allowed.`,
    );
  }
  return parseCollectionManifest(await readFile(path, 'utf8'));
}
