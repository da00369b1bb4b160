import { invalidInput } from '../../../protocol/errors.ts';
import type { EditRecipe } from '../../../protocol/recipe.ts';
import { listedEditsMax } from '../../onnx/tapFeeds.ts';
import type { PictureRequest } from '../../pipeline/checkRequest.ts';
import type { Departure } from '../../pipeline/editing.ts';
import { meanOf } from './amounts.ts';
import type { BlockFacts } from './blockFacts.ts';
import { isEditedAt } from './compileRecipe.ts';
import { resolveSource } from './editSources.ts';

/**
 * Checks a recipe against a model before anything runs.
 *
 * @throws `invalidInput` for a block, feature, channel, step or unit that this model does not have, a feature of
 *   another SAE, and more sources at one block than can be edited at once
 */
export function checkAgainstModel(
  recipe: EditRecipe,
  blocks: readonly BlockFacts[],
  { steps }: PictureRequest,
): void {
  const sourceCounts = new Map<string, number>();
  for (const edit of recipe.edits) {
    const block = blockNamed(edit.block, blocks);
    checkSae(recipe, block);
    const last = steps - 1;
    for (const step of edit.steps ?? []) {
      if (step <= last) continue;
      throw invalidInput(
        `The ${edit.kind} edit at ${block.name} names step ${String(step)}; this picture has the steps 0 to ${String(last)}.`,
      );
    }
    if (edit.kind === 'reconstruct' && !block.sae) {
      throw invalidInput(`There is no SAE at ${block.name} that could rebuild its update.`);
    }
    if (edit.kind === 'addMap' && edit.weights.length > steps) {
      throw invalidInput(
        `The map of an edit at ${block.name} has ${String(edit.weights.length)} steps; this picture has ${String(steps)}.`,
      );
    }
    if (!('sources' in edit)) continue;
    for (const source of edit.sources) {
      const resolved = resolveSource(source, block);
      if ('strength' in edit && edit.strength.unit === 'mean') meanOf(resolved);
    }
    const count = (sourceCounts.get(block.name) ?? 0) + edit.sources.length;
    sourceCounts.set(block.name, count);
    if (count > listedEditsMax) {
      throw invalidInput(
        `The edits at ${block.name} name ${String(count)} features and directions; at most ${String(listedEditsMax)} can be edited at once.`,
      );
    }
  }
}

/** @throws `invalidInput` that lists the blocks there are */
export function blockNamed(name: string, blocks: readonly BlockFacts[]): BlockFacts {
  const block = blocks.find((each) => each.name === name);
  if (block) return block;
  if (blocks.length === 0) {
    throw invalidInput(
      'This model cannot be edited: its U-net holds its weights in one file too large to be changed. Export it with external data.',
    );
  }
  const names = blocks.map((each) => each.name).join(', ');
  throw invalidInput(`The model has no block "${name}"; it has ${names}.`);
}

function checkSae({ saes = {} }: EditRecipe, { name, sae }: BlockFacts): void {
  const wanted = Object.hasOwn(saes, name) ? saes[name] : undefined;
  if (wanted === undefined || wanted === sae?.sha256) return;
  const installed = sae ? `the installed one is ${sae.sha256.slice(0, 8)}…` : 'none is installed';
  throw invalidInput(
    `The recipe was made with another SAE of ${name} (${wanted.slice(0, 8)}…; ${installed}): its feature numbers mean something else here.`,
  );
}

/** Where a recipe's pictures leave the unedited one; undefined for a recipe that edits nothing. */
export function departureOf({ edits }: EditRecipe, stepCount: number): Departure | undefined {
  for (let stepIndex = 0; stepIndex < stepCount; stepIndex++) {
    const blocks = edits.filter((edit) => isEditedAt(edit, stepIndex)).map(({ block }) => block);
    if (blocks.length > 0) return { stepIndex, blocks };
  }
  return undefined;
}

/** Blocks whose whole update the unedited run must keep: codes of directions are read from it. */
export function updatesNeeded({ edits }: EditRecipe): readonly string[] {
  return edits
    .filter((edit) => 'sources' in edit && edit.sources.some((source) => !('feature' in source)))
    .map(({ block }) => block);
}
