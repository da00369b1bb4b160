import { decode } from '@cwasm/jpeg-turbo';
import { invalidInput } from '../../protocol/errors.ts';
import { checkSize } from './checkSize.ts';
import { onWhite, profileNote, type RawPicture } from './rawPicture.ts';
import { type ExifFacts, readExif } from './readExif.ts';

interface JpegHeader {
  readonly width: number;
  readonly height: number;
  readonly exif: ExifFacts;
  readonly hasProfile: boolean;
}

/** Start-of-frame markers that are no baseline, extended or progressive Huffman picture. */
const otherKinds: Readonly<Record<number, string>> = {
  0xc3: 'lossless',
  0xc5: 'hierarchical',
  0xc6: 'hierarchical',
  0xc7: 'hierarchical',
  0xc9: 'arithmetic-coded',
  0xca: 'arithmetic-coded',
  0xcb: 'lossless arithmetic-coded',
  0xcd: 'hierarchical',
  0xce: 'hierarchical',
  0xcf: 'hierarchical',
};

/**
 * Reads a JPEG with libjpeg-turbo inside WebAssembly: what a hostile file breaks stays in there. The header is read
 * first, here.
 *
 * @throws `invalidInput` in words: cut off, damaged, too large, CMYK, 12 bits
 * @source checked against Pillow 13, equal in every pixel (baseline, progressive, 4:2:0, grey)
 */
export function readJpeg(bytes: Uint8Array): RawPicture {
  const { width, height, exif, hasProfile } = readHeader(bytes);
  let decoded;
  try {
    decoded = decode(bytes);
  } catch {
    throw invalidInput('The JPEG is damaged: its pixels cannot be unpacked.');
  }
  if (decoded.width !== width || decoded.height !== height) {
    throw invalidInput('The JPEG is damaged: it has two sizes.');
  }
  const { rgb } = onWhite(decoded.data);
  return {
    picture: { width, height, rgb },
    orientation: exif.orientation,
    texts: exif.texts,
    notes: hasProfile ? [profileNote('')] : [],
  };
}

/** Walks over the segments before the pixels. */
function readHeader(bytes: Uint8Array): JpegHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let exif: ExifFacts = { orientation: 1, texts: {} };
  let hasProfile = false;
  let at = 2;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) throw invalidInput('The JPEG is damaged: a segment has no beginning.');
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++;
      continue;
    }
    const length = view.getUint16(at + 2);
    const data = bytes.subarray(at + 4, at + 2 + length);
    if (length < 2 || data.length !== length - 2) break;
    if (marker === 0xe1 && startsWith(data, 'Exif\0\0')) exif = readExif(data.subarray(6));
    if (marker === 0xe2 && startsWith(data, 'ICC_PROFILE\0')) hasProfile = true;
    const kind = otherKinds[marker];
    if (kind !== undefined) {
      throw invalidInput(
        `The JPEG is ${kind}, which is not read; save it as baseline JPEG or PNG.`,
      );
    }
    if (marker >= 0xc0 && marker <= 0xc2) return { ...frameOf(data), exif, hasProfile };
    at += 2 + length;
  }
  throw invalidInput('The JPEG is cut off: its size is missing.');
}

function frameOf(data: Uint8Array): { width: number; height: number } {
  if (data.length < 6) throw invalidInput('The JPEG is damaged: its size is missing.');
  const [depth, high = 0, low = 0, wide = 0, narrow = 0, components] = data;
  const [height, width] = [high * 256 + low, wide * 256 + narrow];
  if (depth !== 8) {
    throw invalidInput(
      `The JPEG has ${String(depth)} bits a channel, which is not read; save it with 8 bits.`,
    );
  }
  if (components === 4) {
    throw invalidInput(
      'The JPEG is in CMYK (four printing inks), not RGB; convert it to sRGB first.',
    );
  }
  if (components !== 1 && components !== 3) {
    throw invalidInput(`The JPEG has ${String(components)} colour channels; 1 or 3 are read.`);
  }
  checkSize(width, height);
  return { width, height };
}

const startsWith = (data: Uint8Array, text: string): boolean =>
  text.split('').every((letter, i) => data[i] === letter.charCodeAt(0));
