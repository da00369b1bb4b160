import { ranked } from '../../src/numerics/codes.ts';
import type { BlockReading } from '../../src/protocol/features.ts';
import { activitiesOf } from './blockTables.ts';
import { stepIndexIn, type PanelState } from './state.ts';

const columns = ['block', 'path', 'step', 'feature', 'mean', 'max', 'sum', 'cells', 'shareOfBlock'];

/** The ranked features of all blocks with every number, unrounded; steps counted from 1. */
export function csvOf(
  readings: readonly BlockReading[],
  { stepIndex, rank, topCount }: Pick<PanelState, 'stepIndex' | 'rank' | 'topCount'>,
): string {
  const rows = readings.flatMap((reading) => {
    const all = activitiesOf(reading, stepIndex);
    const total = all.reduce((sum, one) => sum + one.sum, 0);
    const step = stepIndexIn(reading, stepIndex) + 1;
    return ranked(all, rank)
      .slice(0, topCount)
      .map(({ id, mean, max, sum, cells }) =>
        [reading.block, reading.path, step, id, mean, max, sum, cells, sum / total].join(','),
      );
  });
  return `${[columns.join(','), ...rows].join('\n')}\n`;
}
