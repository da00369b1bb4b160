import type { CardSavedState } from '../../src/protocol/cardPanel.ts';
import type { Looks, PanelState } from './state.ts';

/** What VS Code keeps for the card while it is hidden and over a reload: the host's part, and the panel's own. */
export interface SavedState extends CardSavedState {
  readonly version: 1;
  readonly looks: Looks;
}

export const savedStateOf = ({ host, looks }: PanelState): SavedState | undefined =>
  host ? { version: 1, feature: host.feature, looks } : undefined;

/** Only what this version wrote; anything else is as if nothing had been kept. */
export function isSavedState(value: unknown): value is SavedState {
  if (typeof value !== 'object' || value === null) return false;
  const { version, looks } = value as Partial<SavedState>;
  return version === 1 && typeof looks === 'object' && typeof looks.opacity === 'number';
}
