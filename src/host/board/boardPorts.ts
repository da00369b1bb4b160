import type { ModelChoice } from '../../protocol/interventions.ts';
import type { EditRecipe, PictureBase } from '../../protocol/recipe.ts';
import type { Caller } from '../../protocol/request.ts';
import type { BoardResults } from './boardResults.ts';

/** What the parts of a board's session work with. */
export interface BoardPorts {
  readonly engine: Caller;
  readonly results: BoardResults;
  readonly key: (base: PictureBase, recipe: EditRecipe | null) => string;
  readonly choice: () => ModelChoice;
  readonly onChange: () => void;
}
