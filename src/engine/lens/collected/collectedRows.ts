import { open } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { modelError } from '../../../protocol/errors.ts';
import { readExactly } from '../../models/sae/storedTensor.ts';
import { rowsName } from './setLayout.ts';

/** One batch that is safely on disk: a line of `rows.jsonl`. */
export interface BatchRow {
  /** Pictures of the batch: `from` (included) to `to` (excluded). */
  readonly from: number;
  readonly to: number;
  readonly shard: { readonly sizeBytes: number; readonly sha256: string };
  readonly pictures: readonly { readonly prompt: string; readonly seed: number }[];
}

const schema: z.ZodType<BatchRow> = z
  .strictObject({
    from: z.int().nonnegative(),
    to: z.int().positive(),
    shard: z.strictObject({
      sizeBytes: z.int().positive(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
    pictures: z.array(z.strictObject({ prompt: z.string(), seed: z.int().min(0).max(0xffffffff) })),
  })
  .refine(({ from, to, pictures }) => pictures.length === to - from);

export const rowText = (row: BatchRow): string => `${JSON.stringify(row)}\n`;

/** A batch of prompts that are as long as they may be, escaped. */
const rowBytesMax = 2 ** 24;
const chunkBytes = 2 ** 18;
const lineFeed = 10;

/** Finds the lines of `rows.jsonl` and reads them one by one: memory is eight bytes a batch. */
export class CollectedRows {
  readonly #path: string;
  readonly #batchSize: number;
  /** Where each whole line begins, and where the last one ends. */
  readonly #starts: readonly number[];
  readonly pictureCount: number;

  private constructor(
    path: string,
    batchSize: number,
    starts: readonly number[],
    pictureCount: number,
  ) {
    this.#path = path;
    this.#batchSize = batchSize;
    this.#starts = starts;
    this.pictureCount = pictureCount;
  }

  /**
   * A line that a crash cut short is left out: its batch was not acknowledged.
   *
   * @throws `model` when the last whole line is not the row that must be there
   */
  static async read(dir: string, batchSize: number): Promise<CollectedRows> {
    const path = join(dir, rowsName);
    const starts = await lineStarts(path);
    const rows = new CollectedRows(path, batchSize, starts, 0);
    if (rows.batchCount === 0) return rows;
    const last = await rows.row(rows.batchCount - 1);
    return new CollectedRows(path, batchSize, starts, last.to);
  }

  get batchCount(): number {
    return this.#starts.length - 1;
  }

  /** Bytes of the file that whole lines take. */
  get sizeBytes(): number {
    return this.#starts.at(-1) ?? 0;
  }

  /** @throws `model` for a line that is not the row of this batch */
  async row(batchIndex: number): Promise<BatchRow> {
    const refuse = (cause?: unknown) =>
      modelError(
        `Line ${String(batchIndex + 1)} of ${rowsName} is not the row of its batch; the set was changed.`,
        { cause },
      );
    const begin = this.#starts[batchIndex];
    const end = this.#starts[batchIndex + 1];
    if (begin === undefined || end === undefined || end - begin > rowBytesMax) throw refuse();
    const file = await open(this.#path, 'r');
    let value: unknown;
    try {
      const bytes = await readExactly(file, begin, end - begin, rowsName);
      value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    } catch (error) {
      throw refuse(error);
    } finally {
      await file.close();
    }
    const parsed = schema.safeParse(value);
    if (!parsed.success) throw refuse(parsed.error);
    const { from, to } = parsed.data;
    const isLast = batchIndex === this.batchCount - 1;
    const isFull = to - from === this.#batchSize;
    const fits = isFull || (isLast && to > from && to - from < this.#batchSize);
    if (from !== batchIndex * this.#batchSize || !fits) throw refuse();
    return parsed.data;
  }
}

async function lineStarts(path: string): Promise<readonly number[]> {
  const starts = [0];
  const file = await open(path, 'r').catch((error: unknown) => {
    // Before the first batch there are no rows.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  if (!file) return starts;
  try {
    const chunk = new Uint8Array(chunkBytes);
    for (let position = 0; ;) {
      const { bytesRead } = await file.read(chunk, 0, chunkBytes, position);
      if (bytesRead === 0) return starts;
      let at = chunk.indexOf(lineFeed);
      while (at !== -1 && at < bytesRead) {
        starts.push(position + at + 1);
        at = chunk.indexOf(lineFeed, at + 1);
      }
      position += bytesRead;
    }
  } finally {
    await file.close();
  }
}
