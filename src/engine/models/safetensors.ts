import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import * as z from 'zod';
import { modelError } from '../../protocol/errors.ts';
import { findDuplicateKey } from './safetensorsDuplicateKey.ts';
import {
  bytesPerElement,
  checkedSize,
  readExactly,
  storedDtypes,
  type StoredDtype,
  type StoredTensor,
  type TensorFile,
} from './sae/storedTensor.ts';

/** Limits at the door of a file that nobody has to trust. */
const safetensorsLimits = {
  headerBytes: 4 * 2 ** 20,
  tensors: 4096,
  rank: 8,
  nameLength: 512,
} as const;

/** One line of a header: where a tensor lies, in bytes from the end of the header. */
export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: StoredDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** A tensor of which parts can be read. */
export interface SafetensorsTensor extends StoredTensor {
  /** Bytes `begin` (included) to `end` (excluded) of the tensor's own; throws `model` when the file is shorter. */
  readSlice(begin: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
}

export interface SafetensorsFile extends TensorFile {
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
}

const entrySchema = z.strictObject({
  dtype: z.string(),
  shape: z.array(z.number().int().nonnegative()).max(safetensorsLimits.rank),
  data_offsets: z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]),
});
const metadataSchema = z.record(z.string(), z.string());

/**
 * Parses and checks a safetensors header: known dtypes, sizes that fit their bytes, and data that is covered exactly
 * once (no overlap, no hole, nothing after the last tensor), as the format asks.
 *
 * @param json the header's bytes, without the eight of its length
 * @param dataBytes bytes of the file after the header
 * @throws `model`, naming the tensor, for anything else; duplicate names are found although `JSON.parse` hides them
 * @source github.com/huggingface/safetensors, README "Format"
 */
function parseSafetensorsHeader(
  json: Uint8Array,
  dataBytes: number,
  file: string,
): { entries: SafetensorsEntry[]; metadata: Map<string, string> } {
  const refuse = (why: string) => modelError(`${file} is not a sound safetensors file: ${why}.`);
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(json);
    header = JSON.parse(text);
  } catch {
    throw refuse('its header is not JSON');
  }
  if (!text.startsWith('{') || typeof header !== 'object' || header === null) {
    throw refuse('its header is not an object');
  }
  const duplicate = findDuplicateKey(text);
  if (duplicate !== undefined) throw refuse(`"${duplicate.slice(0, 80)}" is there twice`);
  const lines = Object.entries(header);
  if (lines.length > safetensorsLimits.tensors) {
    throw refuse(`it lists ${String(lines.length)} tensors, at most ${String(safetensorsLimits.tensors)} are read`);
  }
  const entries: SafetensorsEntry[] = [];
  let metadata = new Map<string, string>();
  for (const [name, value] of lines as [string, unknown][]) {
    if (name === '__metadata__') {
      const parsed = metadataSchema.safeParse(value);
      if (!parsed.success) throw refuse('its __metadata__ is not a table of texts');
      metadata = new Map(Object.entries(parsed.data));
      continue;
    }
    entries.push(checkEntry(name, value, refuse));
  }
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const { name, begin, end } of entries) {
    if (begin < covered) throw refuse(`tensor "${name}" overlaps another one`);
    if (begin > covered) throw refuse(`bytes ${String(covered)} to ${String(begin)} belong to no tensor`);
    covered = end;
  }
  if (covered !== dataBytes) {
    throw refuse(`its tensors take ${String(covered)} bytes, the file has ${String(dataBytes)}`);
  }
  return { entries, metadata };
}

function checkEntry(name: string, value: unknown, refuse: (why: string) => Error): SafetensorsEntry {
  const shown = `tensor "${name.slice(0, 80)}"`;
  if (name.length > safetensorsLimits.nameLength) throw refuse(`${shown} has a name too long`);
  const parsed = entrySchema.safeParse(value);
  if (!parsed.success) throw refuse(`the entry of ${shown} is malformed`);
  const { shape, data_offsets } = parsed.data;
  const [begin, end] = data_offsets;
  const dtype = storedDtypes.find((known) => known === parsed.data.dtype);
  if (dtype === undefined) {
    throw refuse(`${shown} has the dtype ${parsed.data.dtype.slice(0, 20)}, read are ${storedDtypes.join(', ')}`);
  }
  const sizeBytes = checkedSize(shape, shown) * bytesPerElement[dtype];
  if (end - begin !== sizeBytes) {
    throw refuse(
      `${shown} of ${dtype} [${shape.join(', ')}] needs ${String(sizeBytes)} bytes, its offsets give ${String(end - begin)}`,
    );
  }
  return { name, dtype, shape, begin, end };
}

/**
 * Opens a safetensors file; tensors are read one by one when asked for. Close it.
 *
 * @throws `model` for a file that breaks the format or the limits; system errors (`ENOENT`) pass
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const file = basename(path);
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    if (size < 8) throw modelError(`${file} is not a safetensors file: it has ${String(size)} bytes.`);
    const first = await readExactly(handle, 0, 8, file);
    const headerBytes = Number(new DataView(first.buffer).getBigUint64(0, true));
    if (headerBytes > safetensorsLimits.headerBytes || headerBytes > size - 8) {
      throw modelError(
        `${file} is not a sound safetensors file: a header of ${String(headerBytes)} bytes in a file of ${String(size)}.`,
      );
    }
    const dataStart = 8 + headerBytes;
    const json = await readExactly(handle, 8, headerBytes, file);
    const { entries, metadata } = parseSafetensorsHeader(json, size - dataStart, file);
    const tensors = entries.map(({ name, dtype, shape, begin, end }): [string, SafetensorsTensor] => [
      name,
      {
        name,
        dtype,
        shape,
        readBytes: () => readExactly(handle, dataStart + begin, end - begin, file),
        readSlice: (from, to) => {
          if (from >= 0 && from <= to && to <= end - begin) {
            return readExactly(handle, dataStart + begin + from, to - from, file);
          }
          throw modelError(`Bytes ${from} to ${to} are not in "${name}", which has ${end - begin}.`);
        },
      },
    ]);
    return { tensors: new Map(tensors), metadata, close: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}
