import { open } from 'node:fs/promises';
import type { MadeHerePath } from '../../../protocol/explain.ts';
import { FeaturescopeError } from '../../../protocol/errors.ts';
import { manifestKeyword, parseManifest } from '../../store/picturePng.ts';

/** Manifests have a few kB; a recipe with painted masks some more. */
const manifestBytesMax = 16 * 2 ** 20;

export interface FoundManifest {
  readonly found: Pick<MadeHerePath, 'foundIn' | 'manifest'> | undefined;
  /** Why one that is there is not used, in words. */
  readonly notes: readonly string[];
}

/**
 * How a picture was made here: of its text chunk, else of `<name>.json` beside it.
 *
 * @param path of the picture
 * @param texts of the picture, by keyword
 */
export async function findManifest(
  path: string,
  texts: Readonly<Record<string, string>>,
): Promise<FoundManifest> {
  const own = texts[manifestKeyword];
  const notes: string[] = [];
  if (own !== undefined) {
    try {
      const manifest = parseManifest(own);
      if (!manifest.explained) return { found: { foundIn: 'picture', manifest }, notes };
      notes.push(`It was kept from an explanation of ${manifest.explained.name}.`);
    } catch (error) {
      notes.push(`It says that it was made here, but how cannot be read: ${reason(error)}`);
    }
  }
  const beside = await readBeside(path);
  if (beside === undefined) return { found: undefined, notes };
  try {
    const manifest = parseManifest(beside);
    return { found: manifest.explained ? undefined : { foundIn: 'json', manifest }, notes };
  } catch {
    // Any JSON may lie beside a picture: one that is no manifest of ours is none of our business.
    return { found: undefined, notes };
  }
}

const reason = (error: unknown): string => FeaturescopeError.from(error).message;

/** Undefined when there is none, or none that could be a manifest. */
async function readBeside(path: string): Promise<string | undefined> {
  const jsonPath = `${path.replace(/\.[^./\\]+$/, '')}.json`;
  const file = await open(jsonPath).catch(() => undefined);
  if (!file) return undefined;
  try {
    const info = await file.stat();
    if (!info.isFile() || info.size > manifestBytesMax) return undefined;
    return await file.readFile('utf8');
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}
