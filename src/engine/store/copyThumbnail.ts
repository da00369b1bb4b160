import { copyFile, readFile, stat } from 'node:fs/promises';
import { decode } from 'fast-png';
import { writeWhole } from '../files/writeWhole.ts';
import { fileError } from './fileError.ts';
import { encodeThumbnail } from './thumbnailPng.ts';

/** A larger file is no thumbnail. */
const pictureBytesMax = 64 * 2 ** 20;

/**
 * Copies a picture of a collected set to an index, unless it is there already.
 *
 * @param sideMax pixels of the longer side; undefined copies the file as it is
 * @throws `invalidInput` for a picture that cannot be read, or a place that cannot be written
 */
export async function copyThumbnail(
  from: string,
  to: string,
  sideMax: number | undefined,
): Promise<void> {
  if (await stat(to).catch(() => undefined)) return;
  try {
    if (sideMax === undefined) {
      await copyFile(from, to);
      return;
    }
    const { size } = await stat(from);
    if (size > pictureBytesMax) throw new Error(`it has ${size} bytes`);
    const { width, height, channels, depth, data } = decode(await readFile(from));
    if (channels !== 3 || depth !== 8 || !(data instanceof Uint8Array)) {
      throw new Error('it is no 8-bit RGB PNG');
    }
    const png = encodeThumbnail({ width, height, rgb: data }, sideMax);
    await writeWhole(to, png);
  } catch (error) {
    throw fileError(error, 'Cannot make the thumbnail of', from);
  }
}
