import { writeWhole } from '../files/writeWhole.ts';
import type { Picture } from '../../protocol/engine.ts';
import type { RunManifest } from '../../protocol/manifest.ts';
import { fileError } from './fileError.ts';
import { encodePng } from './picturePng.ts';

/**
 * Writes a picture where a person said: a PNG with the manifest inside, and the manifest as JSON beside it on request.
 *
 * @returns the paths that were written, the PNG first
 * @throws `invalidInput` naming path and cause: read-only, full, no such folder
 */
export async function writePicture(params: {
  readonly picture: Picture;
  readonly manifest: RunManifest;
  readonly path: string;
  readonly writeJsonBeside: boolean;
}): Promise<readonly string[]> {
  const { picture, manifest, path, writeJsonBeside } = params;
  const png = encodePng(picture, manifest);
  await write(path, png);
  if (!writeJsonBeside) return [path];
  const jsonPath = `${path.replace(/\.png$/i, '')}.json`;
  await write(jsonPath, `${JSON.stringify(manifest, null, 2)}\n`);
  return [path, jsonPath];
}

async function write(path: string, data: Uint8Array | string): Promise<void> {
  try {
    await writeWhole(path, data);
  } catch (error) {
    throw fileError(error, 'Cannot write', path);
  }
}
