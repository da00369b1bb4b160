import type { EditRecipe } from '../../protocol/recipe.ts';

/**
 * `checkRecipe` of the protocol, loaded when the first recipe comes: its schema library would take a third of the
 * time in which the extension starts.
 */
export async function checkRecipe(input: unknown, where: string): Promise<EditRecipe> {
  const schema = await import('../../protocol/recipeSchema.ts');
  return schema.checkRecipe(input, where);
}
