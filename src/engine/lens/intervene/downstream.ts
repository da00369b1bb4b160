import { effectSize } from '../../../numerics/effectSize.ts';
import { invalidInput } from '../../../protocol/errors.ts';
import type { BlockReading } from '../../../protocol/features.ts';
import type {
  DownstreamBlock,
  DownstreamChange,
  DownstreamParams,
} from '../../../protocol/interventions.ts';
import { checkRecipe } from '../../../protocol/recipeSchema.ts';
import { type BoardPorts, makeBoard } from './board.ts';
import { readBlocks } from './blockFacts.ts';
import { departureOf } from './checkAgainstModel.ts';
import { controlsFor } from './controlsFor.ts';

const topMax = 1000;

/**
 * Runs an edit and its matched controls, and compares the codes of the blocks that run after the first edited one,
 * from the first edited step on.
 *
 * @throws `invalidInput` for edits without controls, and where no block with an SAE comes later
 */
export async function readDownstreamOf(
  params: DownstreamParams,
  ports: BoardPorts,
): Promise<{ controlLabels: readonly string[]; blocks: readonly DownstreamBlock[] }> {
  const { base, top } = params;
  if (!(Number.isInteger(top) && top >= 1 && top <= topMax)) {
    throw invalidInput(
      `${String(top)} codes a block cannot be listed; allowed are 1 to ${String(topMax)}.`,
    );
  }
  const recipe = checkRecipe(params.recipe, 'The edit');
  const departure = departureOf(recipe, base.steps);
  if (!departure) throw invalidInput('The recipe edits nothing, so nothing changes downstream.');
  const names = await ports.turn(async ({ pipeline }) => {
    const blocks = await readBlocks(pipeline);
    const first = blocks.findIndex(({ name }) => departure.blocks.includes(name));
    return blocks.slice(first + 1).flatMap(({ name, sae }) => (sae ? [name] : []));
  });
  if (names.length === 0) {
    throw invalidInput(
      'No block with an SAE runs after the edited one: nothing can be read downstream.',
    );
  }
  const { controls } = await controlsFor(params, ports);
  const readings: (readonly BlockReading[])[] = [];
  await makeBoard(
    {
      bases: [base],
      variants: [recipe, ...controls.map((each) => each.recipe)],
      withReadings: true,
    },
    {
      ...ports,
      progress: (value) => {
        if (value.phase === 'made') readings.push(value.made.readings ?? []);
        ports.progress(value);
      },
    },
  );
  const blocks = names.map((name) => compareBlock(name, readings, departure.stepIndex, top));
  return { controlLabels: controls.map(({ label }) => label), blocks };
}

/** @param runs unedited, edited, then the controls */
function compareBlock(
  block: string,
  runs: readonly (readonly BlockReading[])[],
  fromStep: number,
  top: number,
): DownstreamBlock {
  const [before, after, ...controls] = runs.map((readings) => meanCodes(readings, block, fromStep));
  if (!before || !after) return { block, total: 0, controlTotals: [], changes: [] };
  const changeOf = (run: ReadonlyMap<number, number>, feature: number): number =>
    (run.get(feature) ?? 0) - (before.get(feature) ?? 0);
  const totalOf = (run: ReadonlyMap<number, number>): number =>
    [...new Set([...before.keys(), ...run.keys()])].reduce(
      (sum, feature) => sum + Math.abs(changeOf(run, feature)),
      0,
    );
  const changes = [...new Set([...before.keys(), ...after.keys()])].map(
    (feature): DownstreamChange => {
      const change = changeOf(after, feature);
      const { size, controlMean, controlStd } = effectSize(
        change,
        controls.map((control) => changeOf(control, feature)),
      );
      return {
        feature,
        before: before.get(feature) ?? 0,
        after: after.get(feature) ?? 0,
        change,
        controlMean,
        controlStd,
        effectSize: size,
      };
    },
  );
  return {
    block,
    total: totalOf(after),
    controlTotals: controls.map(totalOf),
    changes: changes
      .sort((a, b) => Math.abs(b.change) - Math.abs(a.change) || a.feature - b.feature)
      .slice(0, top),
  };
}

/** Mean code of every feature over the cells of the steps from `fromStep` on. */
function meanCodes(
  readings: readonly BlockReading[],
  block: string,
  fromStep: number,
): ReadonlyMap<number, number> {
  const sums = new Map<number, number>();
  const reading = readings.find((each) => each.block === block);
  if (!reading) return sums;
  const steps = reading.steps.slice(fromStep);
  const count = steps.length * reading.cellsHigh * reading.cellsWide;
  for (const { ids, values } of steps) {
    values.forEach((value, slot) => {
      const id = ids[slot] ?? 0;
      if (value > 0) sums.set(id, (sums.get(id) ?? 0) + value / count);
    });
  }
  return sums;
}
