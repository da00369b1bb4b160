import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';
import { modelError } from '../../protocol/errors.ts';
import { listEntries } from './torchFileArchive.ts';

/**
 * Unpacks one file of a ZIP archive, stored or deflated, as it streams: never more than the archive lists for it.
 *
 * @param bytesMax what is allowed, whatever the archive says
 * @throws `model` when there is no such entry, it is larger, or not of the size that is listed
 */
export async function unpackEntry(
  archive: string,
  name: string,
  target: string,
  bytesMax: number,
  signal: AbortSignal,
): Promise<void> {
  const handle = await open(archive);
  const entries = await listEntries(handle, archive).finally(() => handle.close());
  const entry = entries.get(name);
  if (!entry) throw modelError(`${archive} has no "${name}".`);
  const { start, sizeBytes, unpackedBytes, method } = entry;
  if (method !== 0 && method !== 8) {
    throw modelError(`"${name}" is packed by method ${String(method)}, which is not read.`);
  }
  if (unpackedBytes > bytesMax) {
    throw modelError(`"${name}" has ${String(unpackedBytes)} bytes; at most ${String(bytesMax)}.`);
  }
  let written = 0;
  const limit = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      written += chunk.length;
      if (written > unpackedBytes) done(modelError(`"${name}" is larger than its archive lists.`));
      else done(null, chunk);
    },
  });
  const source = createReadStream(archive, { start, end: start + sizeBytes - 1 });
  const out = createWriteStream(target, { mode: 0o644 });
  if (method === 8) await pipeline(source, createInflateRaw(), limit, out, { signal });
  else await pipeline(source, limit, out, { signal });
  if (written !== unpackedBytes) throw modelError(`"${name}" is smaller than its archive lists.`);
}
