import type { BlockMeans } from '../../../../numerics/transferChoice.ts';
import type { BaseRun } from '../../../pipeline/baseRun.ts';
import { rowsAt, tooMany } from '../../intervene/staticCodes.ts';
import type { SettledPair } from '../reportManifest.ts';
import { pairMasks, type PairRuns } from './pairMasks.ts';

/** Mean codes of a block's features over masked cells of the first step, conditional row. Those never active are left out. */
function meanCodes(base: BaseRun, block: string, mask: Float32Array): ReadonlyMap<number, number> {
  const { codes, rows, cellsHigh, cellsWide } = rowsAt(base, 0, block);
  const sums = new Map<number, number>();
  if (!codes) return sums;
  const { ids, values, slotCount } = codes;
  if (codes.isCut) throw tooMany(block, slotCount);
  const cells = cellsHigh * cellsWide;
  const counted = mask.reduce((sum, weight) => sum + weight, 0);
  const start = (rows - 1) * cells * slotCount;
  for (let slot = 0; slot < cells * slotCount; slot++) {
    const value = values[start + slot]!;
    if (!(value > 0) || mask[Math.floor(slot / slotCount)] === 0) continue;
    const id = ids[start + slot]!;
    sums.set(id, (sums.get(id) ?? 0) + value / counted);
  }
  return sums;
}

/**
 * Mean of each neuron over masked cells of the first step, conditional row, after division by its length over them:
 * `Σ v / (cells · ‖v‖)`. Without that the few neurons of largest scale are all there is.
 *
 * @param block a tap at neurons, whose update was read
 */
function meanNeurons(
  base: BaseRun,
  block: string,
  mask: Float32Array,
): ReadonlyMap<number, number> {
  const { update, rows, tap } = rowsAt(base, 0, block);
  const means = new Map<number, number>();
  if (!update) return means;
  const cells = mask.length;
  const counted = mask.reduce((sum, weight) => sum + weight, 0);
  const start = (rows - 1) * tap.width * cells;
  for (let neuron = 0; neuron < tap.width; neuron++) {
    let [sum, square] = [0, 0];
    for (let cell = 0; cell < cells; cell++) {
      if (mask[cell] === 0) continue;
      const value = update[start + neuron * cells + cell]!;
      sum += value;
      square += value * value;
    }
    if (square > 0) means.set(neuron, sum / counted / Math.sqrt(square));
  }
  return means;
}

const meansBy = { features: meanCodes, neurons: meanNeurons } as const;

/** What two runs have inside of their masks, block by block. @param blocks names of taps */
export const pairMeans = (
  of: keyof typeof meansBy,
  { where }: Pick<SettledPair, 'where'>,
  runs: PairRuns,
  blocks: readonly string[],
): readonly BlockMeans[] =>
  blocks.map((block) => {
    const { cellsHigh, cellsWide } = rowsAt(runs.original, 0, block);
    const masks = pairMasks(where, runs, cellsHigh, cellsWide);
    return {
      block,
      edited: meansBy[of](runs.edited, block, masks.edited),
      original: meansBy[of](runs.original, block, masks.original),
    };
  });
