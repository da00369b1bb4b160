import { invalidInput } from '../../protocol/errors.ts';
import type { FittedPicture, PictureFormat } from '../../protocol/explain.ts';
import { fitPicture } from './fitPicture.ts';
import { pngSignature } from './pngChunks.ts';
import type { RawPicture } from './rawPicture.ts';
import { readJpeg } from './readJpeg.ts';
import { readPng } from './readPng.ts';
import { readWebp } from './readWebp.ts';
import { turnUpright } from './turnUpright.ts';

/** A picture file, read: upright, 8-bit sRGB. */
export interface DecodedPicture extends FittedPicture {
  readonly format: PictureFormat;
  /** All of it. */
  readonly whole: FittedPicture['picture'];
  /** Text chunks by keyword, and EXIF texts by the name of their tag. */
  readonly texts: Readonly<Record<string, string>>;
  /** What had to be changed or left out to read it, in words. */
  readonly notes: readonly string[];
}

/**
 * Reads a PNG, JPEG or WebP and fits it to a size. The format is known by the bytes, whatever the file is called.
 *
 * @throws `invalidInput` in words for what is no such picture, damaged, too large, animated or not in RGB
 */
export function decodePicture(
  bytes: Uint8Array,
  size: { readonly width: number; readonly height: number },
): DecodedPicture {
  const format = formatOf(bytes);
  const raw = readers[format](bytes);
  const whole = turnUpright(raw.picture, raw.orientation);
  const turned = raw.orientation > 1 ? ['It was turned as its EXIF orientation says.'] : [];
  return {
    ...fitPicture(whole, size),
    format,
    whole,
    texts: raw.texts,
    notes: [...raw.notes, ...turned],
  };
}

const readers: Readonly<Record<PictureFormat, (bytes: Uint8Array) => RawPicture>> = {
  PNG: readPng,
  JPEG: readJpeg,
  WebP: readWebp,
};

function formatOf(bytes: Uint8Array): PictureFormat {
  if (pngSignature.every((byte, i) => bytes[i] === byte)) return 'PNG';
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return 'JPEG';
  const text = (from: number): string => String.fromCharCode(...bytes.subarray(from, from + 4));
  if (text(0) === 'RIFF' && text(8) === 'WEBP') return 'WebP';
  throw invalidInput('The file is no PNG, JPEG or WebP picture.');
}
