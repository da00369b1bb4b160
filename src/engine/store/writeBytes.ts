import { writeWhole } from '../files/writeWhole.ts';
import { fileError } from './fileError.ts';

/**
 * Writes a file where a person said: all of it, or none.
 *
 * @throws `invalidInput` naming path and cause: read-only, full, no such folder
 */
export async function writeBytes(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeWhole(path, bytes);
  } catch (error) {
    throw fileError(error, 'Cannot write', path);
  }
}
