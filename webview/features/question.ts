import type { ReadBlock } from '../../src/protocol/featurePanel.ts';
import type { TableQuestion } from './blockTables.ts';
import { otherReadings, type PanelState } from './state.ts';

/** What the panel asks of a block, for its list and for the CSV of it. */
export function questionOf(state: PanelState, { block }: ReadBlock): TableQuestion {
  const { host, stepIndex, rank, topCount, area, unit } = state;
  const others = otherReadings(state);
  return {
    stepIndex,
    rank,
    topCount,
    area,
    unit,
    pinned: (host?.pinned ?? []).filter((one) => one.block === block).map(({ id }) => id),
    other: host?.other && others ? (others.find((one) => one.block === block) ?? null) : undefined,
  };
}
