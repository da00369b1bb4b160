import { areaMean } from '../../../../numerics/areaMean.ts';
import { maskCells } from '../../../../numerics/maskCells.ts';
import type { BaseRun } from '../../../pipeline/baseRun.ts';
import { foregroundCells, foregroundMask } from '../foregroundMask.ts';
import type { PairPlace, SettledPair } from '../reportManifest.ts';

/** The unedited pictures of a pair: its two prompts with the same noise. */
export interface PairRuns {
  readonly original: BaseRun;
  readonly edited: BaseRun;
}

/** The cells of a block that count in each of the two runs, 1 or 0. */
export interface PairMasks {
  readonly original: Float32Array; // [cells]
  readonly edited: Float32Array; // [cells]
}

const found = new WeakMap<BaseRun, Uint8Array<ArrayBuffer>>();

function foregroundOf(base: BaseRun): Uint8Array<ArrayBuffer> {
  const known = found.get(base) ?? foregroundMask(base.picture);
  found.set(base, known);
  return known;
}

/** Nothing of the kind is in the picture: then its mask is everywhere. */
const isNowhere = (place: PairPlace, base: BaseRun): boolean =>
  place === 'foreground'
    ? !foregroundOf(base).includes(1)
    : place === 'background' && !foregroundOf(base).includes(0);

/**
 * Where a pair looks, on the cells of a block. A cell counts where any of the mask lies in it (RIEBench widens its masks
 * and takes what they touch); one mask may count in both runs. A mask of nothing is one of everything.
 */
export function pairMasks(
  { original, edited, shared }: SettledPair['where'],
  runs: PairRuns,
  cellsHigh: number,
  cellsWide: number,
): PairMasks {
  const of = (place: PairPlace, base: BaseRun): Float32Array => {
    if (typeof place !== 'string') {
      const weights = maskCells(place, cellsHigh, cellsWide).map((weight) => (weight > 0 ? 1 : 0));
      return weights.includes(1) ? weights : weights.fill(1);
    }
    if (place === 'everything' || isNowhere(place, base)) {
      return new Float32Array(cellsHigh * cellsWide).fill(1);
    }
    const wanted = place === 'foreground' ? 1 : 0;
    const values = foregroundOf(base).map((cell) => (cell === wanted ? 1 : 0));
    const grid = { high: foregroundCells, wide: foregroundCells, values };
    return areaMean(grid, cellsHigh, cellsWide).map((share) => (share > 0 ? 1 : 0));
  };
  const masks = { original: of(original, runs.original), edited: of(edited, runs.edited) };
  return shared === undefined ? masks : { original: masks[shared], edited: masks[shared] };
}

/** Whether a mask that was to be found in a picture is everywhere because nothing was found. */
export const isAnywhere = ({ where }: SettledPair, runs: PairRuns): boolean =>
  (['original', 'edited'] as const).some(
    (run) => (where.shared ?? run) === run && isNowhere(where[run], runs[run]),
  );
