import {
  type BoardAxis,
  type BoardDocument,
  boardLimits,
  type BoardSavedState,
} from '../../protocol/boardPanel.ts';
import { recipeVersion } from '../../protocol/recipe.ts';
import { checkRecipe } from './checkRecipe.ts';

/** @returns undefined for what an older version kept, or for what is not a board */
export async function readSavedBoard(saved: unknown): Promise<BoardSavedState | undefined> {
  try {
    const state = saved as Partial<BoardSavedState> | null | undefined;
    if (!state?.document) return undefined;
    const { isLive = true, isKeeping = true, focusId = null, kept = [], found } = state;
    return {
      document: await checkedDocument(state.document),
      isLive,
      isKeeping,
      focusId,
      kept: kept.filter(({ runId }) => typeof runId === 'string'),
      ...(found && { found }),
    };
  } catch {
    return undefined;
  }
}

async function checkedDocument(document: BoardDocument): Promise<BoardDocument> {
  const { base, baseRunId, axis, variants } = document;
  // A recipe's check is also a check of the picture that it names.
  const withBase =
    base && (await checkRecipe({ version: recipeVersion, base, edits: [] }, 'Board'));
  const checked = variants
    .slice(0, boardLimits.variants)
    .map(async ({ id, recipe }) => ({ id, recipe: await checkRecipe(recipe, id) }));
  return {
    base: withBase?.base ?? null,
    baseRunId: typeof baseRunId === 'string' ? baseRunId : null,
    axis: checkedAxis(axis),
    variants: await Promise.all(checked),
  };
}

function checkedAxis(axis: BoardAxis): BoardAxis {
  switch (axis.kind) {
    case 'seeds':
      return { kind: 'seeds', seeds: axis.seeds.slice(0, boardLimits.columns) };
    case 'prompts':
      return { kind: 'prompts', prompts: axis.prompts.slice(0, boardLimits.columns) };
    default:
      return { kind: 'one' };
  }
}
