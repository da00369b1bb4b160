import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { invalidInput } from '../protocol/errors.ts';

const megabytesMax = 10_000_000;

/**
 * What the editor's settings say there: networks that pictures are looked at with (`FEATURESCOPE_LPIPS`,
 * `FEATURESCOPE_CLIP`; settings `lpips.file`, `clip.file`) and memory for models (`FEATURESCOPE_MEMORY_MB`; setting
 * `engine.memoryMB`).
 *
 * @throws `invalidInput` for memory that is no number of megabytes
 */
export function machineSettings(): {
  readonly lpipsPath: string;
  readonly clipPath: string;
  readonly memoryBytesMax: number;
} {
  const { FEATURESCOPE_LPIPS, FEATURESCOPE_CLIP, FEATURESCOPE_MEMORY_MB } = process.env;
  const pathOf = (text: string | undefined): string => (text ? resolve(text) : '');
  const megabytes = Number(FEATURESCOPE_MEMORY_MB ?? 0);
  if (!Number.isInteger(megabytes) || megabytes < 0 || megabytes > megabytesMax) {
    throw invalidInput(
      `FEATURESCOPE_MEMORY_MB is "${String(FEATURESCOPE_MEMORY_MB)}"; allowed are whole numbers from 0 (no limit) to ${String(megabytesMax)}.`,
    );
  }
  return {
    lpipsPath: pathOf(FEATURESCOPE_LPIPS),
    clipPath: pathOf(FEATURESCOPE_CLIP),
    memoryBytesMax: megabytes * 1e6,
  };
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
