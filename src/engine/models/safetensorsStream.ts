import { open, rename, rm } from 'node:fs/promises';

/** A float32 tensor that is asked for when its turn comes, so that only one is in memory. */
export interface TensorToStream {
  readonly name: string;
  readonly shape: readonly number[];
  /** @returns as many values as the shape has */
  read(): Promise<Float32Array>;
}

/**
 * Writes float32 tensors one after the other into a safetensors file that is there as a whole or not at all.
 *
 * @throws whatever `read` throws; the unfinished file is removed then
 * @source github.com/huggingface/safetensors, README "Format"
 */
export async function streamSafetensors(
  path: string,
  tensors: readonly TensorToStream[],
): Promise<void> {
  const header: Record<string, unknown> = {};
  let end = 0;
  for (const { name, shape } of tensors) {
    const begin = end;
    end += 4 * shape.reduce((a, b) => a * b, 1);
    header[name] = { dtype: 'F32', shape, data_offsets: [begin, end] };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const size = Math.ceil((8 + json.byteLength) / 64) * 64;
  const start = new Uint8Array(size).fill(0x20);
  new DataView(start.buffer).setBigUint64(0, BigInt(size - 8), true);
  start.set(json, 8);

  const parts = async function* (): AsyncGenerator<Uint8Array> {
    yield start;
    for (const tensor of tensors) {
      const values = await tensor.read();
      yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    }
  };
  await replaceFile(path, parts());
}

/** Writes beside the file, flushes to the disk and puts it in place in one move. */
async function replaceFile(path: string, parts: AsyncIterable<Uint8Array>): Promise<void> {
  const unfinished = `${path}.partial`;
  const handle = await open(unfinished, 'w');
  try {
    for await (const part of parts) await handle.writeFile(part);
    await handle.sync();
    await handle.close();
    await rename(unfinished, path);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(unfinished, { force: true });
    throw error;
  }
}
