import { defaultQuery, type PanelState, type Query } from './state.ts';

export interface SavedState {
  readonly version: 1;
  readonly query: Query;
}

export const savedStateOf = ({ query }: PanelState): SavedState => ({ version: 1, query });

/** Only what this version wrote; anything else is as if nothing had been kept. */
export function isSavedState(value: unknown): value is SavedState {
  if (typeof value !== 'object' || value === null) return false;
  const { version, query } = value as Partial<SavedState>;
  if (version !== 1 || typeof query !== 'object') return false;
  return Object.keys(defaultQuery).every((key) => key in query) && typeof query.text === 'string';
}
