import type { BlockReading, StepReading } from '../../src/protocol/features.ts';
import type { PictureMap } from '../shared/picture/pictureMap.ts';
import { stepIndexIn } from './codes.ts';

/** What the SAE of a block misses at a step: per cell, and over the whole picture. */
export interface Missed {
  readonly map: PictureMap;
  /** `Σ‖h - h_hat‖² / Σ‖h - h_mean‖²` over the picture's cells, which is 1 - R². */
  readonly share: number;
}

export const missedHow =
  'Σ‖h − ĥ‖² / Σ‖h − h̄‖² over the cells of this picture, where h is what the block adds at a cell, ĥ what the SAE ' +
  'makes of it, and h̄ the mean of h over the cells. It is 1 − R². The map has the same ratio for each cell; its ' +
  'colours end at 100 %, and cells that hardly differ from the mean can lie above.';

const known = new WeakMap<StepReading, Missed>();

/** Computed once. Cells that equal the mean have nothing to explain: no value, nothing drawn. */
export function missedOf(reading: BlockReading, stepIndex: number): Missed {
  const step = reading.steps[stepIndexIn(reading, stepIndex)]!;
  const missed = known.get(step) ?? missedAt(reading, step);
  known.set(step, missed);
  return missed;
}

function missedAt({ cellsHigh, cellsWide, block }: BlockReading, step: StepReading): Missed {
  const { error, spread } = step;
  const values = new Float32Array(error.length); // [cellsHigh, cellsWide]
  let errorSum = 0;
  let spreadSum = 0;
  for (let cell = 0; cell < error.length; cell++) {
    errorSum += error[cell]!;
    spreadSum += spread[cell]!;
    values[cell] = spread[cell]! > 0 ? (100 * error[cell]!) / spread[cell]! : NaN;
  }
  return {
    share: spreadSum > 0 ? errorSum / spreadSum : NaN,
    map: {
      name: `${block}: missed by the SAE`,
      values,
      cellsHigh,
      cellsWide,
      unit: '% of the spread (or more)',
      colours: 'cividis',
      range: { min: 0, max: 100 },
    },
  };
}
