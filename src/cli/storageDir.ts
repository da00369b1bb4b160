import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** `FEATURESCOPE_LPIPS`: an LPIPS network that edits are measured with, as the setting `lpips.file`. */
export function lpipsPath(): string {
  const { FEATURESCOPE_LPIPS } = process.env;
  return FEATURESCOPE_LPIPS ? resolve(FEATURESCOPE_LPIPS) : '';
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
