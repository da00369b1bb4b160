import writeFileAtomic from 'write-file-atomic';
import { fileError } from './fileError.ts';

/**
 * Writes a file where a person said: all of it, or none.
 *
 * @throws `invalidInput` naming path and cause: read-only, full, no such folder
 */
export async function writeBytes(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFileAtomic(path, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch (error) {
    throw fileError(error, 'Cannot write', path);
  }
}
