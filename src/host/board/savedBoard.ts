import {
  type BoardAxis,
  type BoardDocument,
  boardLimits,
  type BoardSavedState,
} from '../../protocol/boardPanel.ts';
import { recipeVersion } from '../../protocol/recipe.ts';
import { checkRecipe } from '../../protocol/recipeSchema.ts';

/** @returns undefined for what an older version kept, or for what is not a board */
export function readSavedBoard(saved: unknown): BoardSavedState | undefined {
  try {
    const state = saved as Partial<BoardSavedState> | null | undefined;
    if (!state?.document) return undefined;
    const { isLive = true, isKeeping = true, focusId = null, kept = [] } = state;
    return {
      document: checkedDocument(state.document),
      isLive,
      isKeeping,
      focusId,
      kept: kept.filter(({ runId }) => typeof runId === 'string'),
    };
  } catch {
    return undefined;
  }
}

function checkedDocument({ base, baseRunId, axis, variants }: BoardDocument): BoardDocument {
  return {
    // A recipe's check is also a check of the picture that it names.
    base: base && (checkRecipe({ version: recipeVersion, base, edits: [] }, 'Board').base ?? null),
    baseRunId: typeof baseRunId === 'string' ? baseRunId : null,
    axis: checkedAxis(axis),
    variants: variants
      .slice(0, boardLimits.variants)
      .map(({ id, recipe }) => ({ id, recipe: checkRecipe(recipe, id) })),
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
