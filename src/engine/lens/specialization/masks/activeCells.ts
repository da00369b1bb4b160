import { setImmediate } from 'node:timers/promises';
import type { StepReading } from '../../../../protocol/features.ts';
import type { SaeDefinition } from '../../../models/sae/saeDefinition.ts';
import { preActivations } from '../../dictionary/encode.ts';
import { selectTopK } from '../../dictionary/selectTopK.ts';
import type { Components } from '../componentsFile.ts';
import { randomSae } from '../factors/randomSae.ts';
import type { ActiveCells } from './maskFile.ts';

/** Cells that are encoded before other work has its turn. */
const cellsAtOnce = 16;

/** By feature, the places (`step · cells + cell`) in which it is active. */
type Places = Map<number, number[]>;

/**
 * In which cells the features of a block are active (code above 0), and those of dictionaries that learnt nothing of the
 * SAE's aim. In each cell as many of these are active as of the SAE, the strongest: directions drawn by chance
 * (`randomSae`); channels of the update less the SAE's pre-bias, and principal components about their mean, each of them
 * twice, as a direction (`2 i`) and as its opposite (`2 i + 1`).
 *
 * @param steps what the SAE read; all with the same number of cells
 * @param updates one a step: f32 `[cells, dModel]`
 * @param seed of the directions
 */
export async function activeCells(
  sae: SaeDefinition,
  steps: readonly StepReading[],
  updates: readonly Float32Array[],
  { components, seed }: { readonly components: Components | undefined; readonly seed: number },
): Promise<{
  readonly feature: ActiveCells;
  readonly random: ActiveCells;
  readonly channel: ActiveCells;
  readonly component?: ActiveCells;
}> {
  const { dModel, preBias } = sae;
  const chance = randomSae(sae, seed);
  const found = {
    ...{ feature: new Map() as Places, random: new Map() as Places },
    ...{ channel: new Map() as Places, component: new Map() as Places },
  };
  for (const [stepIndex, { ids, values, norm }] of steps.entries()) {
    const cells = updates[stepIndex] ?? new Float32Array();
    const slotCount = ids.length / norm.length;
    let byChance: Float64Array = new Float64Array(); // [cellsAtOnce, random features]
    for (let cell = 0; cell < norm.length; cell++) {
      const place = stepIndex * norm.length + cell;
      const among = cell % cellsAtOnce;
      if (among === 0) {
        await setImmediate();
        const some = cells.subarray(cell * dModel, (cell + cellsAtOnce) * dModel);
        byChance = preActivations(chance, some, some.length / dModel).values;
      }
      let count = 0;
      for (let slot = cell * slotCount; slot < (cell + 1) * slotCount; slot++) {
        if (!(values[slot]! > 0)) continue;
        add(found.feature, ids[slot]!, place);
        count++;
      }
      const update = cells.subarray(cell * dModel, (cell + 1) * dModel);
      const pick = (into: Places, codes: Float64Array): void => {
        for (const id of selectTopK(codes, count)) add(into, id, place);
      };
      const { nFeatures } = chance;
      pick(found.random, byChance.subarray(among * nFeatures, (among + 1) * nFeatures));
      pick(found.channel, bothWays(Float64Array.from(update, (value, i) => value - preBias[i]!)));
      if (components) pick(found.component, bothWays(componentCodes(update, components)));
    }
  }
  return {
    ...{ feature: listed(found.feature), random: listed(found.random) },
    channel: listed(found.channel),
    ...(components && { component: listed(found.component) }),
  };
}

function add(places: Places, id: number, place: number): void {
  const known = places.get(id);
  if (known) known.push(place);
  else places.set(id, [place]);
}

/** Each value and its opposite. */
function bothWays(values: Float64Array): Float64Array {
  const both = new Float64Array(2 * values.length);
  values.forEach((value, i) => {
    both[2 * i] = value;
    both[2 * i + 1] = -value;
  });
  return both;
}

const componentCodes = (update: Float32Array, { mean, vectors }: Components): Float64Array =>
  Float64Array.from(vectors, (vector) =>
    vector.reduce((sum, weight, i) => sum + weight * (update[i]! - mean[i]!), 0),
  );

function listed(places: Places): ActiveCells {
  const sorted = [...places].sort(([a], [b]) => a - b);
  return {
    ids: sorted.map(([id]) => id),
    counts: sorted.map(([, cells]) => cells.length),
    cells: sorted.flatMap(([, cells]) => cells),
  };
}
