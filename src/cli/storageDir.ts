import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * Networks that pictures are looked at with: `FEATURESCOPE_LPIPS` and `FEATURESCOPE_CLIP`, as the settings `lpips.file`
 * and `clip.file`.
 */
export function networkPaths(): { readonly lpipsPath: string; readonly clipPath: string } {
  const { FEATURESCOPE_LPIPS, FEATURESCOPE_CLIP } = process.env;
  const pathOf = (text: string | undefined): string => (text ? resolve(text) : '');
  return { lpipsPath: pathOf(FEATURESCOPE_LPIPS), clipPath: pathOf(FEATURESCOPE_CLIP) };
}

/** Where the command line keeps its caches: `FEATURESCOPE_STORAGE`, else the platform's data folder. */
export function storageDir(): string {
  const { FEATURESCOPE_STORAGE, LOCALAPPDATA, XDG_DATA_HOME } = process.env;
  if (FEATURESCOPE_STORAGE) return FEATURESCOPE_STORAGE;
  if (process.platform === 'win32' && LOCALAPPDATA) return join(LOCALAPPDATA, 'featurescope');
  if (process.platform === 'darwin') {
    return join(homedir(), 'Library', 'Application Support', 'featurescope');
  }
  return join(XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'featurescope');
}
