import type { BoardSavedState } from '../../src/protocol/boardPanel.ts';
import type { DifferenceKind } from './difference.ts';
import type { Compare, PanelState } from './state.ts';

/** What VS Code keeps for the board while it is hidden and over a reload: the host's part, and the panel's own. */
export interface SavedState extends BoardSavedState {
  readonly version: 1;
  readonly ui: {
    readonly compare: Compare;
    readonly difference: DifferenceKind;
    readonly hasCommonScale: boolean;
  };
}

/** @returns undefined before the panel has anything that is worth keeping */
export function savedStateOf(state: PanelState): SavedState | undefined {
  const { host, compare, difference, hasCommonScale } = state;
  if (!host) return undefined;
  const { document, isLive, isKeeping, focusId, columns } = host;
  const kept = columns.flatMap(({ edited, original }, columnIndex) =>
    [[null, original] as const, ...Object.entries(edited)].flatMap(([variantId, cell]) => {
      if (cell?.runId == null) return [];
      const { runId, figures, amounts } = cell;
      return [{ columnIndex, variantId, runId, figures, amounts }];
    }),
  );
  const { ground, evidence, rank, icons } = host;
  const found = { ground, evidence, rank, icons };
  const ui = { compare, difference, hasCommonScale };
  return { version: 1, document, isLive, isKeeping, focusId, kept, found, ui };
}

export const isSavedState = (saved: unknown): saved is SavedState =>
  (saved as Partial<SavedState> | null | undefined)?.version === 1;
