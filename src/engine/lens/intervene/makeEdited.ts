import type { EditRecipe } from '../../../protocol/recipe.ts';
import type { BaseRun } from '../../pipeline/baseRun.ts';
import type { PictureRequest } from '../../pipeline/checkRequest.ts';
import type { Departure, EditedPicture, EditSchedule } from '../../pipeline/editing.ts';
import type { Pipeline } from '../../pipeline/generate.ts';
import type { PictureContext } from '../../pipeline/preparer.ts';
import type { ObservedMaxima } from './amounts.ts';
import { readBlocks } from './blockFacts.ts';
import { checkAgainstModel, departureOf, updatesNeeded } from './checkAgainstModel.ts';
import { type CompileContext, compileRecipe } from './compileRecipe.ts';

export interface EditOptions extends PictureContext {
  readonly observed?: ObservedMaxima | undefined;
  /** Computes the edited run from its beginning. */
  readonly isFresh?: boolean;
  /** Where later pictures will leave the unedited one, when that has to be made. */
  readonly departures?: readonly Departure[];
}

export interface CompiledEdit {
  readonly base: BaseRun;
  readonly schedule: EditSchedule;
}

/**
 * Makes (or takes from memory) the unedited runs that a recipe needs, and fills the recipe in.
 *
 * @throws `invalidInput` for a recipe that does not fit model or picture; as `Pipeline.generate`
 */
export async function compileFor(
  pipeline: Pipeline,
  request: PictureRequest,
  recipe: EditRecipe,
  options: EditOptions = {},
): Promise<CompiledEdit> {
  const context = await contextFor(pipeline, request, recipe, options);
  return { base: context.base, schedule: compileRecipe(recipe, context) };
}

/** What a recipe is compiled with, after it was checked against the model. @throws as `compileFor` */
export async function contextFor(
  pipeline: Pipeline,
  request: PictureRequest,
  recipe: EditRecipe,
  options: EditOptions = {},
): Promise<CompileContext> {
  const blocks = await readBlocks(pipeline);
  checkAgainstModel(recipe, blocks, request);
  const departure = departureOf(recipe, request.steps);
  const swaps = new Map<number, BaseRun>();
  for (const [index, edit] of recipe.edits.entries()) {
    if (edit.kind !== 'swap') continue;
    const other = { ...request, ...edit.from };
    swaps.set(index, await pipeline.editing.base(other, { updatesOf: [edit.block] }, options));
  }
  const base = await pipeline.editing.base(
    request,
    {
      updatesOf: updatesNeeded(recipe),
      departures: [...(options.departures ?? []), ...(departure ? [departure] : [])],
    },
    options,
  );
  return { blocks, base, swaps, observed: options.observed };
}

/** One edited picture beside its unedited run. @throws as `compileFor` */
export async function makeEdited(
  pipeline: Pipeline,
  request: PictureRequest,
  recipe: EditRecipe,
  options: EditOptions = {},
): Promise<CompiledEdit & { readonly edited: EditedPicture }> {
  const compiled = await compileFor(pipeline, request, recipe, options);
  const edited = await pipeline.editing.edit(compiled.base, compiled.schedule, options);
  return { ...compiled, edited };
}
