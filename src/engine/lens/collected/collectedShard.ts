import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { modelError } from '../../../protocol/errors.ts';
import { float32ToHalf, halfToFloat32 } from '../../../numerics/halfPrecision.ts';
import { openSafetensors } from '../../models/safetensors.ts';
import { type TensorToWrite, writeSafetensors } from '../../models/safetensorsWriter.ts';
import type { CollectedBlock } from './collectedSet.ts';
import { shardName } from './setLayout.ts';

/** Largest finite float16. */
const halfMax = 65504;
const bytesPerValue = 2;
const formatName = 'featurescope-updates';

export const cellsOf = ({ cellsHigh, cellsWide }: CollectedBlock): number => cellsHigh * cellsWide;

/** Bytes of one picture's updates in a shard. */
export const updateBytesOf = (
  blocks: readonly CollectedBlock[],
  steps: readonly number[],
): number =>
  blocks.reduce((sum, block) => sum + cellsOf(block) * block.dModel, 0) *
  steps.length *
  bytesPerValue;

const tensorName = (block: string, stepIndex: number): string => `${block}/${String(stepIndex)}`;

/** Gathers the updates of one batch, as float16, and makes the shard's bytes from them. */
export class ShardBuilder {
  readonly #blocks: readonly CollectedBlock[];
  readonly #steps: readonly number[];
  readonly #values: ReadonlyMap<string, Uint16Array>;

  constructor(blocks: readonly CollectedBlock[], steps: readonly number[], batchSize: number) {
    this.#blocks = blocks;
    this.#steps = steps;
    this.#values = new Map(
      blocks.flatMap((block) =>
        steps.map((step): [string, Uint16Array] => [
          tensorName(block.block, step),
          new Uint16Array(batchSize * cellsOf(block) * block.dModel),
        ]),
      ),
    );
  }

  /**
   * @param place of the picture in the batch
   * @param update f32 `[dModel, cellsHigh, cellsWide]`, as the U-net has it
   * @throws `model` for values that are not numbers or that float16 cannot hold
   */
  set(
    place: number,
    { block, ...sizes }: CollectedBlock,
    step: number,
    update: Float32Array,
  ): void {
    const target = this.#values.get(tensorName(block, step));
    const { dModel, cellsHigh, cellsWide } = sizes;
    const cells = cellsHigh * cellsWide;
    if (!target || update.length !== cells * dModel) {
      throw modelError(
        `The stage ${block} gave ${String(update.length)} values at step ${String(step + 1)}; ` +
          `expected were ${String(dModel)} x ${String(cellsHigh)} x ${String(cellsWide)}.`,
      );
    }
    const halves = float32ToHalf(update);
    const offset = place * update.length;
    for (let channel = 0; channel < dModel; channel++) {
      for (let cell = 0; cell < cells; cell++) {
        const from = channel * cells + cell;
        const bits = halves[from] ?? 0;
        // All exponent bits set: infinite or not a number.
        if ((bits & 0x7c00) === 0x7c00) throw doesNotFit(block, step, update[from]);
        target[offset + cell * dModel + channel] = bits;
      }
    }
  }

  /** @param count pictures that were set; the last batch may be short */
  bytes(from: number, count: number): { bytes: Uint8Array; sha256: string } {
    const tensors = this.#blocks.flatMap((block) =>
      this.#steps.map((step): TensorToWrite => {
        const name = tensorName(block.block, step);
        const shape = [count, cellsOf(block), block.dModel];
        const size = shape.reduce((a, b) => a * b, 1);
        const { buffer, byteOffset } = this.#values.get(name) ?? new Uint16Array(size);
        const bytes = new Uint8Array(buffer, byteOffset, size * bytesPerValue);
        return { name, dtype: 'F16', shape, bytes };
      }),
    );
    const facts = { format: formatName, version: '1', firstPicture: String(from) };
    const { bytes } = writeSafetensors(tensors, facts);
    return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
  }
}

function doesNotFit(block: string, step: number, value: number | undefined) {
  return modelError(
    `The update of ${block} at step ${String(step + 1)} holds ${String(value)}, which float16 cannot: ` +
      `allowed are numbers from -${String(halfMax)} to ${String(halfMax)}.`,
  );
}

/**
 * Some pictures' updates from one shard.
 *
 * @param from place of the first picture in the shard, `to` after the last
 * @returns f32 `[to - from, cells, dModel]`
 * @throws `model` for a shard that is missing or does not fit
 */
export async function readShard(
  dir: string,
  batchIndex: number,
  block: CollectedBlock,
  step: number,
  { from, to, count }: { readonly from: number; readonly to: number; readonly count: number },
): Promise<Float32Array> {
  const file = shardName(batchIndex);
  const shard = await openSafetensors(join(dir, file)).catch((error: unknown) => {
    throw modelError(`${file} of the collected set cannot be read: ${String(error)}`, {
      cause: error,
    });
  });
  try {
    const name = tensorName(block.block, step);
    const tensor = shard.tensors.get(name);
    const size = cellsOf(block) * block.dModel;
    const shape = [count, cellsOf(block), block.dModel];
    if (tensor?.dtype !== 'F16' || tensor.shape.join() !== shape.join()) {
      throw modelError(
        `${file} does not hold "${name}" as F16 [${shape.join(', ')}]; the set was changed.`,
      );
    }
    const bytes = await tensor.readSlice(from * size * bytesPerValue, to * size * bytesPerValue);
    return halfToFloat32(new Uint16Array(bytes.buffer));
  } finally {
    await shard.close();
  }
}
