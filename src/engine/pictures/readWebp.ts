import { decode } from '@cwasm/webp';
import { invalidInput } from '../../protocol/errors.ts';
import { checkSize } from './checkSize.ts';
import { onWhite, profileNote, type RawPicture, transparencyNote } from './rawPicture.ts';
import { type ExifFacts, readExif } from './readExif.ts';

/**
 * Reads a WebP with libwebp inside WebAssembly: what a hostile file breaks stays in there. The header is read first,
 * here.
 *
 * @throws `invalidInput` in words: cut off, damaged, too large, animated
 * @source checked against Pillow 13, equal in every pixel (lossy and lossless)
 */
export function readWebp(bytes: Uint8Array): RawPicture {
  const chunks = chunksOf(bytes);
  const find = (type: string): Uint8Array | undefined =>
    chunks.find((chunk) => chunk.type === type)?.data;
  const isMoving = ((find('VP8X')?.[0] ?? 0) & 0x02) !== 0;
  if (isMoving || find('ANIM') || find('ANMF')) {
    throw invalidInput('The WebP is animated; save the frame that you mean.');
  }
  const { width, height } = sizeOf(find('VP8 '), find('VP8L'));
  checkSize(width, height);
  let decoded;
  try {
    decoded = decode(bytes);
  } catch {
    throw invalidInput('The WebP is damaged: its pixels cannot be unpacked.');
  }
  if (decoded.width !== width || decoded.height !== height) {
    throw invalidInput('The WebP is damaged: it has two sizes.');
  }
  const { rgb, hasAlpha } = onWhite(decoded.data);
  const exif: ExifFacts = readExif(withoutPrefix(find('EXIF') ?? new Uint8Array()));
  return {
    picture: { width, height, rgb },
    orientation: exif.orientation,
    texts: exif.texts,
    notes: [...(hasAlpha ? [transparencyNote] : []), ...(find('ICCP') ? [profileNote('')] : [])],
  };
}

interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
}

function chunksOf(bytes: Uint8Array): readonly Chunk[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: Chunk[] = [];
  for (let at = 12; at + 8 <= bytes.length;) {
    const type = String.fromCharCode(...bytes.subarray(at, at + 4));
    const length = view.getUint32(at + 4, true);
    const data = bytes.subarray(at + 8, at + 8 + length);
    if (data.length !== length) {
      throw invalidInput('The WebP is cut off: a chunk says that it is longer than the file.');
    }
    chunks.push({ type, data });
    at += 8 + length + (length % 2);
  }
  return chunks;
}

/** @source WebP container and lossless bitstream specifications; RFC 6386 section 9.1 for `VP8 ` */
function sizeOf(
  lossy: Uint8Array | undefined,
  lossless: Uint8Array | undefined,
): { width: number; height: number } {
  if (lossy && lossy.length >= 10) {
    const view = new DataView(lossy.buffer, lossy.byteOffset, lossy.byteLength);
    return { width: view.getUint16(6, true) & 0x3fff, height: view.getUint16(8, true) & 0x3fff };
  }
  if (lossless && lossless.length >= 5 && lossless[0] === 0x2f) {
    const bits = new DataView(lossless.buffer, lossless.byteOffset).getUint32(1, true);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  throw invalidInput('The WebP is damaged: it has no picture.');
}

/** Some writers put JPEG's `Exif\0\0` in front. */
const withoutPrefix = (data: Uint8Array): Uint8Array =>
  Buffer.from(data.subarray(0, 6)).toString('latin1') === 'Exif\0\0' ? data.subarray(6) : data;
