import { mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Picture } from '../../../protocol/engine.ts';
import { invalidInput } from '../../../protocol/errors.ts';
import {
  appendDurably,
  syncFolder,
  truncateDurably,
  writeDurably,
} from '../../store/durableFile.ts';
import { fileError } from '../../store/fileError.ts';
import { type FileLock, takeFileLock } from '../../store/fileLock.ts';
import { encodeThumbnail } from '../../store/thumbnailPng.ts';
import { CollectedRows, rowText } from './collectedRows.ts';
import { readManifest } from './collectedSet.ts';
import { ShardBuilder } from './collectedShard.ts';
import {
  type CollectionManifest,
  differingKeys,
  type KnownFacts,
  manifestText,
} from './collectionManifest.ts';
import { lockName, manifestName, pictureName, rowsName, shardName } from './setLayout.ts';

/** One picture of the set that is being made. */
export interface PictureToKeep {
  readonly prompt: string;
  readonly seed: number;
  readonly picture: Picture;
  /** In the order of `manifest.blocks`, and in each of `manifest.steps`. */
  readonly updates: readonly (readonly Float32Array[])[]; // [blocks][steps], each f32 [dModel, cellsHigh, cellsWide]
}

/**
 * Writes a collected set, batch by batch. All files of a batch are on disk before its row is: a process that is killed
 * loses the pictures of at most one batch, and writes the same bytes when it is run again.
 */
export class CollectedWriter {
  readonly #dir: string;
  readonly #manifest: CollectionManifest;
  readonly #lock: FileLock;
  readonly #shard: ShardBuilder;
  readonly #folders = new Set<string>();
  #waiting: { readonly prompt: string; readonly seed: number; readonly png: Uint8Array }[] = [];
  #savedCount: number;

  private constructor(
    dir: string,
    manifest: CollectionManifest,
    lock: FileLock,
    savedCount: number,
  ) {
    this.#dir = dir;
    this.#manifest = manifest;
    this.#lock = lock;
    this.#savedCount = savedCount;
    const { blocks, steps, batchSize, pictureCount } = manifest;
    this.#shard = new ShardBuilder(blocks, steps, Math.min(batchSize, pictureCount));
  }

  /**
   * Begins a set, or goes on with one that was begun with the same manifest.
   *
   * @throws `invalidInput` for a folder that holds something else, another set (naming what differs), or a set that
   *   another process writes to
   */
  static async open(dir: string, manifest: CollectionManifest): Promise<CollectedWriter> {
    // A newer Featurescope may go on with a set: no version changes what its rows mean.
    await countCollected(dir, { ...manifest, versions: undefined });
    await makeFolder(dir);
    const lock = takeFileLock(join(dir, lockName));
    if (!lock) throw invalidInput(`Another job writes to the collected set "${dir}".`);
    try {
      if (!(await readManifest(dir))) {
        await writeDurably(join(dir, manifestName), manifestText(manifest));
        await syncFolder(dir);
      }
      const rows = await CollectedRows.read(dir, manifest.batchSize);
      // A line that a crash cut short.
      if (rows.sizeBytes > 0 || (await readdir(dir)).includes(rowsName)) {
        await truncateDurably(join(dir, rowsName), rows.sizeBytes);
      }
      return new CollectedWriter(dir, manifest, lock, rows.pictureCount);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** Pictures whose batch is on disk. */
  get savedCount(): number {
    return this.#savedCount;
  }

  /** Pictures that were added, saved or not. */
  get pictureCount(): number {
    return this.#savedCount + this.#waiting.length;
  }

  /**
   * Adds the next picture; the last one of a batch saves the batch.
   *
   * @throws `model` for updates that do not fit, `invalidInput` when the disk does not take them
   */
  async add({ prompt, seed, picture, updates }: PictureToKeep): Promise<void> {
    const { blocks, steps, batchSize, pictureCount, pictureWidth, pictureHeight } = this.#manifest;
    const place = this.#waiting.length;
    blocks.forEach((block, b) => {
      steps.forEach((step, s) => {
        this.#shard.set(place, block, step, updates[b]?.[s] ?? new Float32Array(0));
      });
    });
    const png = encodeThumbnail(picture, Math.max(pictureWidth, pictureHeight));
    this.#waiting.push({ prompt, seed, png });
    const isFull = this.#waiting.length === batchSize;
    if (isFull || this.pictureCount === pictureCount) await this.#save();
  }

  close(): void {
    this.#lock.release();
  }

  async #save(): Promise<void> {
    const from = this.#savedCount;
    const to = from + this.#waiting.length;
    const touched = new Set<string>();
    const write = async (name: string, bytes: Uint8Array): Promise<void> => {
      const path = join(this.#dir, name);
      const folder = dirname(path);
      if (!this.#folders.has(folder)) {
        await makeFolder(folder);
        await syncFolder(dirname(folder));
        this.#folders.add(folder);
      }
      await writeDurably(path, bytes);
      touched.add(folder);
    };
    const { bytes, sha256 } = this.#shard.bytes(from, to - from);
    await write(shardName(Math.floor(from / this.#manifest.batchSize)), bytes);
    for (const [place, { png }] of this.#waiting.entries()) {
      await write(pictureName(from + place), png);
    }
    for (const folder of touched) await syncFolder(folder);
    const pictures = this.#waiting.map(({ prompt, seed }) => ({ prompt, seed }));
    const row = { from, to, shard: { sizeBytes: bytes.byteLength, sha256 }, pictures };
    await appendDurably(join(this.#dir, rowsName), rowText(row));
    if (from === 0) await syncFolder(this.#dir);
    this.#savedCount = to;
    this.#waiting = [];
  }
}

/**
 * Whether a set can be written to a folder: it is new or empty, or holds this set, whole or in part.
 *
 * @param facts what is known of the set to be written
 * @returns pictures that the folder holds already
 * @throws `invalidInput` for a folder that holds something else, or another set (naming what differs)
 */
export async function countCollected(dir: string, facts: KnownFacts): Promise<number> {
  const names = await readdir(dir).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw fileError(error, 'Cannot use the folder', dir);
  });
  const existing = await readManifest(dir);
  if (existing) {
    const differing = differingKeys(existing, facts);
    if (differing.length > 0) {
      throw invalidInput(
        `The folder holds another collected set, which differs in ${differing.join(', ')}. Choose another one than "${dir}".`,
      );
    }
    return (await CollectedRows.read(dir, existing.batchSize)).pictureCount;
  }
  const foreign = names.filter((name) => name !== lockName && !name.startsWith(manifestName));
  if (foreign.length > 0) {
    throw invalidInput(
      `The folder is not empty and holds no collected set. Choose an empty or a new one, not "${dir}".`,
    );
  }
  return 0;
}

async function makeFolder(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true });
  } catch (error) {
    throw fileError(error, 'Cannot create the folder', dir);
  }
}
