import { writeFile } from 'node:fs/promises';
import writeFileAtomic from 'write-file-atomic';

/**
 * Writes a file that is either the old one or the new one, never half, on a full disk neither: write-file-atomic writes
 * once and takes a part for the whole, Node's own `writeFile` goes on until all is written or the system says why not.
 *
 * @throws what the file system says
 */
export const writeWhole = (path: string, data: Uint8Array | string): Promise<void> =>
  writeFileAtomic(path, '', {
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- it is waited for, whatever its type says
    tmpfileCreated: (temporary): Promise<void> => writeFile(temporary, data),
  });
