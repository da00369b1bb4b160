import type { Control, ControlsParams } from '../../../protocol/interventions.ts';
import { checkRecipe } from '../../../protocol/recipeSchema.ts';
import type { BoardPorts } from './board.ts';
import { readBlocks } from './blockFacts.ts';
import { depositsOf, massOf } from './deposits.ts';
import { compileFor } from './makeEdited.ts';
import { matchedControls } from './matchedControls.ts';

/** Matched controls of an edit in one picture. @throws as `depositsOf` and `matchedControls` */
export async function controlsFor(
  params: ControlsParams,
  {
    turn,
    signal,
    progress,
    observed,
  }: Pick<BoardPorts, 'turn' | 'signal' | 'observed'> & {
    readonly progress: (value: never) => void;
  },
): Promise<{ mass: number; controls: readonly Control[] }> {
  const recipe = checkRecipe(params.recipe, 'The edit');
  return turn(async ({ pipeline }) => {
    const options = { signal, observed, progress: progress as () => void };
    const { base } = await compileFor(pipeline, params.base, recipe, options);
    const blocks = await readBlocks(pipeline);
    const deposits = depositsOf(recipe, base, blocks, observed);
    return {
      mass: deposits.reduce((sum, deposit) => sum + massOf(deposit), 0),
      controls: matchedControls(deposits, recipe, base, params),
    };
  });
}
