import { crc32, inflateSync } from 'node:zlib';
import { bytesText } from '../../protocol/countText.ts';
import { invalidInput } from '../../protocol/errors.ts';
import { textBytesMax } from './limits.ts';

export interface PngChunk {
  /** Four letters: `IHDR`. */
  readonly type: string;
  readonly data: Uint8Array;
}

export const pngSignature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] as const;
const chunksMax = 100_000;

/**
 * The chunks of a PNG up to its end, each with its checksum checked.
 *
 * @throws `invalidInput` for bytes that are no whole PNG
 */
export function readPngChunks(bytes: Uint8Array): readonly PngChunk[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: PngChunk[] = [];
  let at: number = pngSignature.length;
  for (;;) {
    if (at + 12 > bytes.length) throw invalidInput('The PNG is cut off: its end is missing.');
    if (chunks.length === chunksMax) throw invalidInput('The PNG has more chunks than are read.');
    const length = view.getUint32(at);
    if (length > bytes.length - at - 12) {
      throw invalidInput('The PNG is cut off: a chunk says that it is longer than the file.');
    }
    const named = bytes.subarray(at + 4, at + 8 + length);
    const type = String.fromCharCode(...named.subarray(0, 4));
    if (!/^[A-Za-z]{4}$/.test(type)) throw invalidInput('The PNG is damaged: a chunk has no name.');
    if (crc32(named) !== view.getUint32(at + 8 + length)) {
      throw invalidInput(`The PNG is damaged: the checksum of its ${type} chunk is wrong.`);
    }
    chunks.push({ type, data: named.subarray(4) });
    if (type === 'IEND') return chunks;
    at += 12 + length;
  }
}

/**
 * Texts by keyword: `tEXt`, `zTXt` and `iTXt`; of several with one keyword the first.
 *
 * @throws `invalidInput` when they are longer than is read, compressed or not
 */
export function readPngTexts(chunks: readonly PngChunk[]): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {};
  let left = textBytesMax;
  for (const { type, data } of chunks) {
    if (type !== 'tEXt' && type !== 'zTXt' && type !== 'iTXt') continue;
    const end = data.indexOf(0);
    if (end < 1 || end > 79) continue;
    const keyword = latin1(data.subarray(0, end));
    if (Object.hasOwn(texts, keyword)) continue;
    const value = textOf(type, data.subarray(end + 1), left);
    if (value === undefined) continue;
    left -= value.bytes;
    if (left < 0) throw tooLong();
    // An own property whatever its name: keywords come from the file.
    Object.defineProperty(texts, keyword, { value: value.text, enumerable: true });
  }
  return texts;
}

function textOf(
  type: string,
  data: Uint8Array,
  bytesMax: number,
): { text: string; bytes: number } | undefined {
  if (type === 'tEXt') return { text: latin1(data), bytes: data.length };
  if (type === 'zTXt') {
    const bytes = inflate(data.subarray(1), bytesMax);
    return bytes && { text: latin1(bytes), bytes: bytes.length };
  }
  const [isCompressed] = data;
  const languageEnd = data.indexOf(0, 2);
  const translatedEnd = languageEnd < 0 ? -1 : data.indexOf(0, languageEnd + 1);
  if (translatedEnd < 0) return undefined;
  const rest = data.subarray(translatedEnd + 1);
  const bytes = isCompressed === 1 ? inflate(rest, bytesMax) : rest;
  return bytes && { text: new TextDecoder('utf-8').decode(bytes), bytes: bytes.length };
}

/** Undefined for data that is no zlib stream. */
function inflate(data: Uint8Array, bytesMax: number): Uint8Array | undefined {
  try {
    return inflateSync(data, { maxOutputLength: Math.max(1, bytesMax) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLong();
    return undefined;
  }
}

const tooLong = (): Error =>
  invalidInput(`The PNG has more than ${bytesText(textBytesMax)} of text, which is not read.`);

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
