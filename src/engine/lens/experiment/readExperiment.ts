import { readFile, realpath, stat } from 'node:fs/promises';
import { basename, isAbsolute, join, relative, sep } from 'node:path';
import { expandCellRuns } from '../../../numerics/cellRuns.ts';
import { encodeRuns } from '../../../numerics/maskCells.ts';
import type { BoardVariant } from '../../../protocol/boardPanel.ts';
import { FeaturescopeError, invalidInput } from '../../../protocol/errors.ts';
import type {
  Experiment,
  ExperimentBoard,
  FiledEdit,
  FiledMask,
} from '../../../protocol/experiment.ts';
import { checkExperiment } from '../../../protocol/experimentSchema.ts';
import { parseExperimentText } from '../../../protocol/experimentTree.ts';
import {
  type Edit,
  type EditMask,
  type EditRecipe,
  type PictureBase,
  recipeVersion,
} from '../../../protocol/recipe.ts';
import { recipeLimits } from '../../../protocol/recipeSchema.ts';
import { fileError } from '../../store/fileError.ts';
import { maskFileBytesMax, readMaskPng } from '../../store/maskPng.ts';

const fileBytesMax = 2 ** 26;
const maskNumbersMax = 2 ** 24;

/**
 * Reads an experiment's file, or another text in its place.
 *
 * @throws `invalidInput` with line and column for what is not JSON, naming place, value and range for what is no experiment
 */
export async function readExperiment(path: string, text?: string): Promise<Experiment> {
  const where = basename(path);
  const own = text ?? (await readText(path));
  return checkExperiment(parseExperimentText(own, where), where);
}

/**
 * The experiment as a board has it: masks are cells or pixels.
 *
 * @param dir of the experiment's file; masks lie in it or below it
 * @throws `invalidInput` for a mask whose runs do not fill it, or whose PNG is missing, outside, unreadable or of
 *   another size than the picture
 */
export async function resolveExperiment(
  { picture, columns = { kind: 'one' }, variants, saes = {} }: Experiment,
  dir: string,
): Promise<ExperimentBoard> {
  const masks = new Masks(picture, dir);
  const resolved: BoardVariant[] = [];
  for (const { id, name, edits } of variants) {
    const blocks = new Set(edits.filter(readsCodes).map(({ block }) => block));
    const named = Object.entries(saes).filter(([block]) => blocks.has(block));
    const recipe: EditRecipe = {
      version: recipeVersion,
      ...(name !== undefined && { name }),
      ...(named.length > 0 && { saes: Object.fromEntries(named) }),
      edits: await masks.resolveAll(edits),
    };
    resolved.push({ id, recipe });
  }
  return { picture, columns, variants: resolved };
}

/** Edits that mean something else with another SAE. */
const readsCodes = (edit: FiledEdit): boolean =>
  'sources' in edit ? edit.sources.some((one) => 'feature' in one) : edit.kind === 'reconstruct';

/** The masks of one experiment: each file is read once, and all together have a limit, since a short text can ask for many. */
class Masks {
  readonly #picture: PictureBase;
  readonly #dir: string;
  readonly #files = new Map<string, Promise<EditMask>>();
  #numberCount = 0;

  constructor(picture: PictureBase, dir: string) {
    this.#picture = picture;
    this.#dir = dir;
  }

  async resolveAll(edits: readonly FiledEdit[]): Promise<readonly Edit[]> {
    const resolved: Edit[] = [];
    for (const { mask, ...rest } of edits) {
      resolved.push({ ...rest, ...(mask && { mask: await this.#resolve(mask) }) });
    }
    return resolved;
  }

  async #resolve(mask: FiledMask): Promise<EditMask> {
    if (mask.kind === 'cellRuns') this.#count(mask.cellsHigh * mask.cellsWide);
    if (mask.kind !== 'png') return resolveMask(mask, this.#picture, this.#dir);
    const key = `${mask.rule} ${mask.file}`;
    const known = this.#files.get(key) ?? resolveMask(mask, this.#picture, this.#dir);
    this.#files.set(key, known);
    const resolved = await known;
    if (resolved.kind === 'pixels') this.#count(resolved.runs.length);
    return resolved;
  }

  #count(numbers: number): void {
    this.#numberCount += numbers;
    if (this.#numberCount <= maskNumbersMax) return;
    throw invalidInput(
      `The masks of the experiment have more than ${String(maskNumbersMax)} cells and runs in all.`,
    );
  }
}

/**
 * A mask of a file as recipes hold it.
 *
 * @param picture its size
 * @param dir folder of the file: PNGs lie in it or below it
 * @throws `invalidInput` that names the mask
 */
export async function resolveMask(
  mask: FiledMask,
  picture: Pick<PictureBase, 'width' | 'height'>,
  dir: string,
): Promise<EditMask> {
  switch (mask.kind) {
    case 'pixels':
    case 'cells':
      return mask;
    case 'cellRuns': {
      const { cellsHigh, cellsWide, runs } = mask;
      return { kind: 'cells', cellsHigh, cellsWide, weights: expand(cellsHigh * cellsWide, runs) };
    }
    case 'png': {
      const { width, height, values } = readMaskPng(await readMaskFile(dir, mask.file));
      if (width !== picture.width || height !== picture.height) {
        throw invalidInput(
          `The mask "${mask.file}" has ${String(width)} x ${String(height)} pixels; the picture has ${String(picture.width)} x ${String(picture.height)}.`,
        );
      }
      return { kind: 'pixels', rule: mask.rule, width, height, runs: encodeRuns(values) };
    }
  }
}

function expand(count: number, runs: readonly number[]): readonly number[] {
  if (count > recipeLimits.cells) {
    throw invalidInput(
      `A mask has ${String(count)} cells; at most ${String(recipeLimits.cells)} are allowed.`,
    );
  }
  try {
    return expandCellRuns(count, runs);
  } catch (error) {
    throw invalidInput(error instanceof RangeError ? error.message : String(error));
  }
}

async function readMaskFile(dir: string, file: string): Promise<Uint8Array> {
  const outside = invalidInput(
    `The mask "${file}" lies outside of the experiment's folder; masks are in it or below it.`,
  );
  const isUpwards = file.split(/[/\\]/).includes('..');
  if (isAbsolute(file) || isUpwards || /[\0:]/.test(file)) throw outside;
  const path = join(dir, file);
  try {
    // A link may lead out of the folder as well as a path.
    const real = await realpath(path);
    const inside = relative(await realpath(dir), real);
    if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) throw outside;
    return await readBounded(real, maskFileBytesMax);
  } catch (error) {
    if (error instanceof FeaturescopeError) throw error;
    throw fileError(error, 'Cannot read the mask', path);
  }
}

async function readText(path: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readBounded(path, fileBytesMax));
  } catch (error) {
    if (error instanceof FeaturescopeError) throw error;
    if (error instanceof TypeError) throw invalidInput(`"${basename(path)}" is not UTF-8 text.`);
    throw fileError(error, 'Cannot read', path);
  }
}

async function readBounded(path: string, sizeBytesMax: number): Promise<Uint8Array> {
  const facts = await stat(path);
  if (!facts.isFile()) throw invalidInput(`"${path}" is not a regular file.`);
  if (facts.size > sizeBytesMax) {
    throw invalidInput(
      `"${path}" has ${String(facts.size)} bytes; at most ${String(sizeBytesMax)} are allowed.`,
    );
  }
  return readFile(path);
}
