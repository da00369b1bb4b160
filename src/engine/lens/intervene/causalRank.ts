import { activities, ranked } from '../../../numerics/codes.ts';
import { invalidInput } from '../../../protocol/errors.ts';
import type { RankedFeature, RankParams, RankProgress } from '../../../protocol/interventions.ts';
import type { EditRecipe } from '../../../protocol/recipe.ts';
import type { BaseRun } from '../../pipeline/baseRun.ts';
import type { BoardPorts } from './board.ts';
import { readBlocks } from './blockFacts.ts';
import { blockNamed } from './checkAgainstModel.ts';
import { areaOf, figuresOf, regionOf } from './editFigures.ts';
import { compileFor } from './makeEdited.ts';

const countMax = 500;

/**
 * Removes each of a picture's strongest features alone, at all steps with static maps, and measures what changed.
 *
 * @returns largest effect first, ties by activation
 * @throws `invalidInput` for a count outside of 1 ... 500, and a block without an SAE; as `Pipeline.generate`
 */
export async function rankCausally(
  params: RankParams,
  ports: Pick<BoardPorts, 'turn' | 'signal'> & { readonly progress: (p: RankProgress) => void },
): Promise<readonly RankedFeature[]> {
  const { base: request, count, region, blocks: wanted } = params;
  if (!(Number.isInteger(count) && count >= 1 && count <= countMax)) {
    throw invalidInput(
      `${String(count)} features cannot be ranked; allowed are 1 to ${String(countMax)}.`,
    );
  }
  const options = { signal: ports.signal, progress: ports.progress };
  const chosen = await ports.turn(async ({ pipeline }) => {
    const blocks = await readBlocks(pipeline);
    for (const name of wanted ?? []) {
      if (!blockNamed(name, blocks).sae) throw invalidInput(`There is no SAE at ${name}.`);
    }
    const names = wanted ?? blocks.map(({ name }) => name);
    const departures = names.map((name) => ({ stepIndex: 0, blocks: [name] }));
    const base = await pipeline.editing.base(request, { departures }, options);
    if (region) regionOf(region, base);
    return strongest(base, names, count);
  });
  const found: RankedFeature[] = [];
  for (const { block, feature, activation } of chosen) {
    const recipe: EditRecipe = {
      version: 1,
      edits: [{ kind: 'scale', block, sources: [{ feature }], factor: 0, maps: 'static' }],
    };
    const one = await ports.turn(async ({ pipeline }): Promise<RankedFeature> => {
      const { base, schedule } = await compileFor(pipeline, request, recipe, options);
      const edited = await pipeline.editing.edit(base, schedule, { signal: ports.signal });
      const blocks = await readBlocks(pipeline);
      const area = region ? regionOf(region, base) : areaOf(recipe, base, blocks);
      const { pixelDistance, ssim, area: measured } = figuresOf(base, edited, area);
      const effect = region ? (measured.inside ?? 0) : pixelDistance;
      return { block, feature, activation, effect, pixelDistance, ssim };
    });
    found.push(one);
    const [doneCount, totalCount] = [found.length, chosen.length];
    ports.progress({ phase: 'ranked', doneCount, totalCount, found: one });
  }
  return found.sort((a, b) => b.effect - a.effect || b.activation - a.activation);
}

/**
 * The strongest over all named blocks, by mean code over the cells of the first step in units of the block's own
 * largest: raw codes of different blocks have different scales.
 */
function strongest(
  { readings }: BaseRun,
  names: readonly string[],
  count: number,
): readonly { block: string; feature: number; activation: number }[] {
  return readings
    .filter(({ block }) => names.includes(block))
    .flatMap((reading) => {
      const [first] = reading.steps;
      if (!first) return [];
      const list = ranked(activities({ ...reading, ...first }), 'mean');
      const largest = list[0]?.mean ?? 1;
      return list.map(({ id, mean }) => ({
        block: reading.block,
        feature: id,
        activation: mean,
        relative: mean / largest,
      }));
    })
    .sort((a, b) => b.relative - a.relative)
    .slice(0, count)
    .map(({ block, feature, activation }) => ({ block, feature, activation }));
}
