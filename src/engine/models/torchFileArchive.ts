import type { FileHandle } from 'node:fs/promises';
import { modelError } from '../../protocol/errors.ts';
import { readExactly } from './sae/storedTensor.ts';

/** Limits at the door; an SAE's archive has about ten entries. */
const archiveLimits = { entries: 4096, directoryBytes: 2 * 2 ** 20, nameBytes: 512 } as const;

/** Where an entry's bytes lie in the file; `method` 0 means that they are stored as they are. */
export interface ArchiveEntry {
  readonly name: string;
  readonly start: number;
  readonly sizeBytes: number;
  /** As the archive says; the same as `sizeBytes` where method is 0. */
  readonly unpackedBytes: number;
  readonly method: number;
}

const endBytes = 22;
const locatorBytes = 20;
const maxCommentBytes = 0xffff;
const localHeaderBytes = 30;
const max32 = 0xffffffff;

/**
 * Lists the entries of a ZIP archive. Nothing is ever unpacked, so an archive cannot be larger inside than outside:
 * `refuseCompressed` stops at what `torch.save` does not write. Encrypted, overlapping and repeated entries are refused. Ours and not `yauzl`, which an end record of 42 bytes with an offset of 2^64 - 1 makes throw
 * inside a callback, where nobody can catch it.
 *
 * @param file its name, for messages
 * @throws `model` for anything that is not such an archive
 * @source PKWARE APPNOTE.TXT 6.3.10, sections 4.3.7 to 4.3.16 and 4.5.3
 */
export async function listEntries(
  handle: FileHandle,
  file: string,
): Promise<Map<string, ArchiveEntry>> {
  const refuse = (why: string) => modelError(`${file} is not read: ${why}.`);
  const { size } = await handle.stat();
  const { offset, length, count } = await findDirectory(handle, size, file, refuse);
  if (count > archiveLimits.entries || length > archiveLimits.directoryBytes) {
    throw refuse(`its archive lists ${String(count)} entries in ${String(length)} bytes`);
  }
  if (offset + length > size) throw refuse("its archive's directory lies outside the file");
  const bytes = await readExactly(handle, offset, length, file);
  const entries = new Map<string, ArchiveEntry>();
  let position = 0;
  for (let i = 0; i < count; i++) {
    const entry = parseDirectoryEntry(bytes, position, refuse);
    position = entry.next;
    if (entries.has(entry.name)) throw refuse(`its archive has two entries "${entry.name}"`);
    const start = await findData(handle, entry, offset, file, refuse);
    entries.set(entry.name, { name: entry.name, start, sizeBytes: entry.packed, unpackedBytes: entry.unpacked, method: entry.method });
  }
  let covered = 0;
  for (const { name, start, sizeBytes } of [...entries.values()].sort((a, b) => a.start - b.start)) {
    if (start < covered) throw refuse(`entry "${name}" overlaps another one`);
    covered = start + sizeBytes;
  }
  return entries;
}

/** Throws `model`, naming it, when an entry is not stored as it is. */
export function refuseCompressed(entries: ReadonlyMap<string, ArchiveEntry>, file: string): void {
  for (const { name, method } of entries.values()) {
    if (method === 0) continue;
    throw modelError(
      `${file} is not read: entry "${name.slice(0, 80)}" is compressed (method ${String(method)}); torch.save never compresses.`,
    );
  }
}

type Refuse = (why: string) => Error;

async function findDirectory(handle: FileHandle, size: number, file: string, refuse: Refuse) {
  const tailBytes = Math.min(size, endBytes + locatorBytes + maxCommentBytes);
  const tail = await readExactly(handle, size - tailBytes, tailBytes, file);
  const view = new DataView(tail.buffer);
  let end = tail.byteLength - endBytes;
  while (end >= 0 && !isEndRecord(view, end, tail.byteLength)) end--;
  if (end < 0) throw refuse('it is no ZIP archive, or it is cut short');
  const locator = end - locatorBytes;
  if (locator < 0 || view.getUint32(locator, true) !== 0x07064b50) {
    return {
      count: view.getUint16(end + 10, true),
      length: view.getUint32(end + 12, true),
      offset: view.getUint32(end + 16, true),
    };
  }
  const recordStart = readUint64(view, locator + 8);
  if (recordStart > size - 56) throw refuse('its ZIP64 record lies outside the file');
  const record = new DataView((await readExactly(handle, recordStart, 56, file)).buffer);
  if (record.getUint32(0, true) !== 0x06064b50) throw refuse('its ZIP64 record is malformed');
  return {
    count: readUint64(record, 32),
    length: readUint64(record, 40),
    offset: readUint64(record, 48),
  };
}

const isEndRecord = (view: DataView, at: number, size: number): boolean =>
  view.getUint32(at, true) === 0x06054b50 && view.getUint16(at + 20, true) === size - at - endBytes;

/** Above 2^53 the exact value no longer matters: it is larger than any file. */
const readUint64 = (view: DataView, at: number): number => Number(view.getBigUint64(at, true));

interface DirectoryEntry {
  readonly name: string;
  readonly packed: number;
  readonly unpacked: number;
  readonly method: number;
  readonly header: number;
  readonly next: number;
}

function parseDirectoryEntry(bytes: Uint8Array, at: number, refuse: Refuse): DirectoryEntry {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (at + 46 > bytes.byteLength || view.getUint32(at, true) !== 0x02014b50) {
    throw refuse("its archive's directory is malformed");
  }
  const nameBytes = view.getUint16(at + 28, true);
  const extraStart = at + 46 + nameBytes;
  const extraEnd = extraStart + view.getUint16(at + 30, true);
  const next = extraEnd + view.getUint16(at + 32, true);
  if (next > bytes.byteLength) throw refuse("its archive's directory is cut short");
  if (nameBytes > archiveLimits.nameBytes) throw refuse('an entry of its archive has a name too long');
  const name = new TextDecoder().decode(bytes.subarray(at + 46, extraStart));
  const shown = `entry "${name.slice(0, 80)}"`;
  if ((view.getUint16(at + 8, true) & 0x41) !== 0) throw refuse(`${shown} is encrypted`);
  const method = view.getUint16(at + 10, true);
  let packed = view.getUint32(at + 20, true);
  let sizeBytes = view.getUint32(at + 24, true);
  let header = view.getUint32(at + 42, true);
  for (let extra = extraStart; extra + 4 <= extraEnd;) {
    const fieldEnd = extra + 4 + view.getUint16(extra + 2, true);
    if (fieldEnd > extraEnd) throw refuse(`${shown} is malformed`);
    if (view.getUint16(extra, true) === 1) {
      let field = extra + 4;
      const wide = (value: number): number => {
        if (value !== max32) return value;
        if (field + 8 > fieldEnd) throw refuse(`${shown} is malformed`);
        field += 8;
        return readUint64(view, field - 8);
      };
      sizeBytes = wide(sizeBytes);
      packed = wide(packed);
      header = wide(header);
    }
    extra = fieldEnd;
  }
  if (method === 0 && packed !== sizeBytes) throw refuse(`${shown} gives two sizes, ${String(packed)} and ${String(sizeBytes)}`);
  return { name, packed, unpacked: sizeBytes, method, header, next };
}

async function findData(
  handle: FileHandle,
  entry: DirectoryEntry,
  directoryStart: number,
  file: string,
  refuse: Refuse,
): Promise<number> {
  const outside = refuse(`entry "${entry.name.slice(0, 80)}" lies outside the archive`);
  if (entry.header + localHeaderBytes > directoryStart) throw outside;
  const view = new DataView((await readExactly(handle, entry.header, localHeaderBytes, file)).buffer);
  if (view.getUint32(0, true) !== 0x04034b50) throw refuse(`entry "${entry.name.slice(0, 80)}" is malformed`);
  const start =
    entry.header + localHeaderBytes + view.getUint16(26, true) + view.getUint16(28, true);
  if (start + entry.packed > directoryStart) throw outside;
  return start;
}
