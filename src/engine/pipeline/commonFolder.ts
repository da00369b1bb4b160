import { dirname, relative, sep } from 'node:path';
import { modelError } from '../../protocol/errors.ts';

/**
 * The deepest folder that holds all of the folders: ONNX Runtime takes the external data of one graph from one folder.
 *
 * @throws `model` when they lie on different drives
 */
export function commonFolder(folders: readonly string[]): string {
  let common = folders[0] ?? '';
  const isOutside = (folder: string): boolean => {
    const path = relative(common, folder);
    return path === '..' || path.startsWith(`..${sep}`) || /^[A-Za-z]:/.test(path);
  };
  while (folders.some(isOutside)) {
    const parent = dirname(common);
    if (parent === common) {
      throw modelError(
        'Model and SAEs lie on different drives; put the SAEs on the drive of the model.',
      );
    }
    common = parent;
  }
  return common;
}
