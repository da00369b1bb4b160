import { join } from 'node:path';
import type { CopyParams } from '../../../protocol/interventions.ts';
import type { EditRecipe } from '../../../protocol/recipe.ts';
import { checkRecipe } from '../../../protocol/recipeSchema.ts';
import type { Pipeline } from '../../pipeline/generate.ts';
import type { BlockFacts } from '../intervene/blockFacts.ts';
import { readBlocks } from '../intervene/blockFacts.ts';
import { contextFor, type EditOptions } from '../intervene/makeEdited.ts';
import { commandLine } from './commandLine.ts';
import { pythonEdits } from './pythonEdits.ts';
import { type PythonSae, pythonScript } from './pythonScript.ts';

/**
 * An edit as text for elsewhere. JSON and Python name the SAEs' hashes or hold their numbers, so that nothing means
 * something else with other dictionaries.
 *
 * @throws `invalidInput` for an edit that does not fit the model; as `Pipeline.generate`
 */
export async function copyRecipe(
  pipeline: Pipeline,
  { base, recipe: input, form, modelDir }: CopyParams,
  isEmbedded: boolean,
  context: EditOptions,
): Promise<string> {
  const recipe = checkRecipe(input, 'The edit');
  switch (form) {
    case 'json': {
      const blocks = await readBlocks(pipeline);
      const complete: EditRecipe = { ...recipe, base, saes: hashesOf(recipe, blocks) };
      return `${JSON.stringify(complete, null, 2)}\n`;
    }
    case 'command':
      return commandLine(base, recipe, isEmbedded ? undefined : modelDir);
    case 'python': {
      const compileContext = await contextFor(pipeline, base, recipe, context);
      const edits = pythonEdits(recipe, compileContext);
      const saes = edits.saes.flatMap(({ path }): PythonSae[] => {
        const sae = pipeline.saes.find(({ stagePath }) => stagePath === path);
        if (!sae) return [];
        const { activation, k, target, normalisation, applyDecBiasToInput } = sae.manifest;
        return [
          {
            path,
            file: join(sae.folder, sae.manifest.weights.name),
            manifest: {
              ...(k !== undefined && { k }),
              ...{ activation, target, normalisation, applyDecBiasToInput },
            },
          },
        ];
      });
      const modelId = pipeline.model.description.id;
      return pythonScript({ base, recipe, modelId, edits, saes });
    }
  }
}

function hashesOf(
  { edits }: EditRecipe,
  blocks: readonly BlockFacts[],
): Readonly<Record<string, string>> {
  const edited = new Set(edits.map(({ block }) => block));
  return Object.fromEntries(
    blocks.flatMap(({ name, sae }) => (sae && edited.has(name) ? [[name, sae.sha256]] : [])),
  );
}
