import { inflateSync } from 'node:zlib';
import { invalidInput } from '../../protocol/errors.ts';
import { checkSize } from './checkSize.ts';
import { type PngChunk, readPngChunks, readPngTexts } from './pngChunks.ts';
import { passesOf, unfilter } from './pngPasses.ts';
import { onWhite, profileNote, type RawPicture, transparencyNote } from './rawPicture.ts';
import { readExif } from './readExif.ts';

interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colourType: number;
  readonly isInterlaced: boolean;
}

/** Samples a pixel by colour type: grey, RGB, palette, grey with alpha, RGB with alpha. */
const sampleCounts: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const depths: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

/**
 * Reads every kind of PNG as 8-bit RGB. The header says how many bytes the pixels take, and no more than those are
 * unpacked.
 *
 * @throws `invalidInput` in words: cut off, damaged, too large, animated
 */
export function readPng(bytes: Uint8Array): RawPicture {
  const chunks = readPngChunks(bytes);
  const header = readHeader(chunks[0]);
  const find = (type: string): Uint8Array | undefined =>
    chunks.find((chunk) => chunk.type === type)?.data;
  if (find('acTL')) throw invalidInput('The PNG is animated; save the frame that you mean.');
  const notes: string[] = [];
  const samples = readSamples(header, pixelBytes(header, chunks));
  const { rgba, width, height } = {
    ...header,
    rgba: colour(header, samples, find('PLTE'), find('tRNS')),
  };
  const { rgb, hasAlpha } = onWhite(rgba);
  if (header.depth === 16) notes.push('16 bits a channel were rounded to 8.');
  if (hasAlpha) notes.push(transparencyNote);
  const profile = find('iCCP');
  if (profile) {
    const name = Buffer.from(profile.subarray(0, Math.max(0, profile.indexOf(0)))).toString(
      'latin1',
    );
    notes.push(profileNote(name.slice(0, 79)));
  }
  const exif = find('eXIf');
  return {
    picture: { width, height, rgb },
    orientation: exif ? readExif(exif).orientation : 1,
    texts: readPngTexts(chunks),
    notes,
  };
}

function readHeader(chunk: PngChunk | undefined): PngHeader {
  if (chunk?.type !== 'IHDR' || chunk.data.length !== 13) {
    throw invalidInput('The PNG is damaged: it does not begin with its header.');
  }
  const { data } = chunk;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth = 0, colourType = 0, compression, filter, interlace = 0] = data.subarray(8);
  checkSize(width, height);
  const isKnown = depths[colourType]?.includes(depth) && compression === 0 && filter === 0;
  if (!isKnown || interlace > 1) {
    throw invalidInput(
      `The PNG is damaged: colour type ${String(colourType)} with ${String(depth)} bits is no kind of PNG.`,
    );
  }
  return { width, height, depth, colourType, isInterlaced: interlace === 1 };
}

function pixelBytes(header: PngHeader, chunks: readonly PngChunk[]): Uint8Array {
  const size = passesOf(header, bitsOf(header)).reduce((sum, pass) => sum + pass.sizeBytes, 0);
  const packed = Buffer.concat(
    chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data),
  );
  let bytes: Uint8Array;
  try {
    bytes = inflateSync(packed, { maxOutputLength: size });
  } catch (error) {
    const isTooLong = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw invalidInput(
      isTooLong
        ? `The PNG is damaged: it unpacks to more than its ${String(header.width)} × ${String(header.height)} pixels.`
        : 'The PNG is damaged: its pixels cannot be unpacked.',
    );
  }
  if (bytes.length === size) return bytes;
  throw invalidInput('The PNG is cut off: some of its pixels are missing.');
}

const bitsOf = ({ depth, colourType }: PngHeader): number => depth * sampleCounts[colourType]!;

/** @returns samples as numbers of `depth` bits, `[height, width, samples]`; 16-bit ones rounded to 8 */
function readSamples(header: PngHeader, bytes: Uint8Array): Uint8Array {
  const { width, height, depth, colourType } = header;
  const count = sampleCounts[colourType]!;
  const samples = new Uint8Array(width * height * count);
  let offset = 0;
  for (const pass of passesOf(header, bitsOf(header))) {
    const rows = bytes.subarray(offset, offset + pass.sizeBytes);
    offset += pass.sizeBytes;
    unfilter(rows, pass, Math.max(1, bitsOf(header) / 8));
    for (let row = 0; row < pass.height; row++) {
      const from = row * (pass.rowBytes + 1) + 1;
      for (let column = 0; column < pass.width; column++) {
        const to =
          ((pass.top + row * pass.stepY) * width + pass.left + column * pass.stepX) * count;
        for (let sample = 0; sample < count; sample++) {
          samples[to + sample] = sampleAt(rows, from, column * count + sample, depth);
        }
      }
    }
  }
  return samples;
}

function sampleAt(rows: Uint8Array, from: number, index: number, depth: number): number {
  if (depth === 8) return rows[from + index]!;
  // 65,535 is 255 times 257.
  if (depth === 16)
    return Math.round((rows[from + 2 * index]! * 256 + rows[from + 2 * index + 1]!) / 257);
  const perByte = 8 / depth;
  const shift = 8 - depth * ((index % perByte) + 1);
  return (rows[from + Math.floor(index / perByte)]! >> shift) & ((1 << depth) - 1);
}

/** @returns u8 `[pixels, 4]` */
function colour(
  { depth, colourType }: PngHeader,
  samples: Uint8Array,
  palette: Uint8Array | undefined,
  transparency: Uint8Array | undefined,
): Uint8Array {
  const count = sampleCounts[colourType]!;
  const pixels = samples.length / count;
  const rgba = new Uint8Array(pixels * 4).fill(255);
  // Grey below 8 bits: from 0 ... 2^depth - 1 to 0 ... 255.
  const scale = depth < 8 && colourType === 0 ? 255 / ((1 << depth) - 1) : 1;
  const isGrey = colourType === 0 || colourType === 4;
  const clear =
    colourType === 0 || colourType === 2 ? clearColour(transparency, count, depth) : undefined;
  for (let pixel = 0; pixel < pixels; pixel++) {
    const from = pixel * count;
    const to = pixel * 4;
    if (colourType === 3) {
      const entry = samples[from]!;
      if (!palette || 3 * entry + 2 >= palette.length) {
        throw invalidInput('The PNG is damaged: a pixel has a colour that its palette lacks.');
      }
      rgba.set(palette.subarray(3 * entry, 3 * entry + 3), to);
      rgba[to + 3] = transparency?.[entry] ?? 255;
      continue;
    }
    for (let channel = 0; channel < 3; channel++) {
      rgba[to + channel] = samples[from + (isGrey ? 0 : channel)]! * scale;
    }
    if (count === 2 || count === 4) rgba[to + 3] = samples[from + count - 1]!;
    else if (clear?.every((value, i) => value === samples[from + i])) rgba[to + 3] = 0;
  }
  return rgba;
}

/** The one colour that stands for transparent; 16-bit files are compared after rounding, so it is left out there. */
function clearColour(
  transparency: Uint8Array | undefined,
  count: number,
  depth: number,
): readonly number[] | undefined {
  if (transparency?.length !== 2 * count || depth === 16) return undefined;
  return Array.from({ length: count }, (_, i) => transparency[2 * i + 1]!);
}
