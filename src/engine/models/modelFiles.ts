import { readFile, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import type { z } from 'zod';
import { FeaturescopeError, modelError } from '../../protocol/errors.ts';
import { configSizeBytesMax } from './limits.ts';

/** A regular file inside a model folder. */
export interface ModelFile {
  /** Path inside the folder, with `/`. */
  readonly name: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/**
 * Looks at a file of a model folder before anything reads it.
 *
 * @param name path inside the folder, with `/`
 * @throws `model` naming file and cause: missing, not a regular file, outside the folder, empty, too large
 */
export async function statModelFile(
  dir: string,
  name: string,
  sizeBytesMax: number,
): Promise<ModelFile> {
  try {
    const path = await realpath(join(dir, name));
    const inside = relative(await realpath(dir), path);
    if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
      throw modelError(`${name} leads out of the model folder ${dir}.`);
    }
    const { size: sizeBytes, mtimeMs: modifiedMs, ...kind } = await stat(path).then((facts) => ({
      size: facts.size,
      mtimeMs: facts.mtimeMs,
      isFile: facts.isFile(),
    }));
    if (!kind.isFile) throw modelError(`${name} in ${dir} is not a regular file.`);
    if (sizeBytes === 0) throw modelError(`${name} in ${dir} is empty.`);
    if (sizeBytes > sizeBytesMax) {
      throw modelError(
        `${name} in ${dir} has ${String(sizeBytes)} bytes; at most ${String(sizeBytesMax)} are allowed.`,
      );
    }
    return { name, path, sizeBytes, modifiedMs };
  } catch (error) {
    throw asModelError(error, dir, name);
  }
}

/** @throws `model` as `statModelFile` */
export async function readModelText(
  dir: string,
  name: string,
  sizeBytesMax: number,
): Promise<string> {
  const { path } = await statModelFile(dir, name, sizeBytesMax);
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw asModelError(error, dir, name);
  }
}

/** @throws `model` naming file and cause, JSON syntax and wrong values included */
export async function readModelJson<T>(dir: string, name: string, schema: z.ZodType<T>): Promise<T> {
  const text = await readModelText(dir, name, configSizeBytesMax);
  return parseModelJson(text, `${name} in ${dir}`, schema);
}

/** @throws `model` for JSON that is broken, or values that `schema` refuses, by key */
export function parseModelJson<T>(text: string, name: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw modelError(`${name} is not valid JSON: ${cause}`, { cause: error });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw modelError(`${name} does not fit: ${issuesOf(parsed.error)}`);
}

/** `unet.sample_size: expected number, received string; ...` */
export function issuesOf(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message))
    .join('; ');
}

/** Whether a part that a folder may lack is there. */
export async function hasModelFile(dir: string, name: string): Promise<boolean> {
  return stat(join(dir, name)).then(
    () => true,
    () => false,
  );
}

function asModelError(error: unknown, dir: string, name: string): FeaturescopeError {
  if (error instanceof FeaturescopeError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const cause = code === 'ENOENT' || code === 'ENOTDIR' ? 'is missing' : `cannot be read (${code})`;
  return modelError(`${name} ${cause} in the model folder ${dir}.`, { cause: error });
}
