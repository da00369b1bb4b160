import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileError } from './fileError.ts';

/**
 * Bytes that can still be written where a folder is or would be.
 *
 * @throws `invalidInput` when no part of the path exists
 */
export async function freeSpace(dir: string): Promise<number> {
  for (let place = dir; ; place = dirname(place)) {
    try {
      const { bavail, bsize } = await statfs(place);
      return bavail * bsize;
    } catch (error) {
      if (dirname(place) === place) throw fileError(error, 'Cannot look at the disk of', dir);
    }
  }
}
