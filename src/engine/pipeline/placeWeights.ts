import platformPath, { type PlatformPath } from 'node:path';

/** Where the external data of one graph lies: ONNX Runtime takes all of it from one folder. */
export interface WeightsPlace {
  readonly externalDataDir: string;
  /** The U-net's folder inside it, forward slashes; '' when it is the same. */
  readonly unetFolder: string;
  /**
   * Each SAE's folder inside it, in the order given; undefined for one that no common folder can hold (another drive, a
   * name that ONNX cannot say): its weights go into the graph itself.
   */
  readonly saeFolders: readonly (string | undefined)[];
}

/**
 * The deepest folder that holds the U-net and as many SAEs as can be referred to. Model folder and the person's own SAEs
 * usually have nothing but the root in common, and that is enough.
 *
 * @param unetDir real path, as are the others: a symbolic link inside would lead out of the common folder
 * @param path of the platform; tests give the other one
 */
export function placeWeights(
  unetDir: string,
  saeDirs: readonly string[],
  path: PlatformPath = platformPath,
): WeightsPlace {
  const reachable = saeDirs.filter((dir) => commonFolder([unetDir, dir], path) !== undefined);
  for (const dirs of [reachable, reachable.filter((dir) => isInside(unetDir, dir, path))]) {
    const externalDataDir = commonFolder([unetDir, ...dirs], path) ?? unetDir;
    const inside = (dir: string): string | undefined => plainPath(externalDataDir, dir, path);
    const unetFolder = inside(unetDir);
    if (unetFolder === undefined) continue;
    const saeFolders = saeDirs.map((dir) => (dirs.includes(dir) ? inside(dir) : undefined));
    return { externalDataDir, unetFolder, saeFolders };
  }
  return { externalDataDir: unetDir, unetFolder: '', saeFolders: saeDirs.map(() => undefined) };
}

function commonFolder(folders: readonly string[], path: PlatformPath): string | undefined {
  let common = folders[0] ?? '';
  while (!folders.every((folder) => isInside(common, folder, path))) {
    const parent = path.dirname(common);
    if (parent === common) return undefined;
    common = parent;
  }
  return common;
}

function isInside(dir: string, folder: string, path: PlatformPath): boolean {
  const relative = path.relative(dir, folder);
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

/** The path of `folder` from `dir` with forward slashes; undefined when a location of external data cannot say it. */
function plainPath(dir: string, folder: string, path: PlatformPath): string | undefined {
  const plain = path.relative(dir, folder).split(path.sep).join('/');
  return /[\0\\:]/.test(plain) ? undefined : plain;
}
