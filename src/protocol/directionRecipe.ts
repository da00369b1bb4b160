import { type EditRecipe, type EditSource, recipeVersion, type Strength } from './recipe.ts';

/** A direction of a block's update: a channel, or what `makeDirection` answers. */
export interface MadeDirection {
  readonly source: Exclude<EditSource, { readonly feature: number }>;
  readonly quality?: { readonly name: string; readonly value: number };
}

/**
 * The edit that takes a direction out, or with a strength adds it to both rows. What was found about it (share of
 * variance, accuracy of a probe) stands in its name.
 */
export function directionRecipe(
  block: string,
  { source, quality }: MadeDirection,
  strength?: Strength,
): EditRecipe {
  const told = quality ? `, ${quality.name} ${quality.value.toFixed(3)}` : '';
  const name =
    'name' in source ? `${strength ? 'With' : 'Without'} ${source.name}${told}` : undefined;
  const sources = [source];
  return {
    version: recipeVersion,
    ...(name === undefined ? {} : { name }),
    edits: [
      strength
        ? { kind: 'add', block, sources, strength, rows: 'both' }
        : { kind: 'scale', block, sources, factor: 0, maps: 'static' },
    ],
  };
}
