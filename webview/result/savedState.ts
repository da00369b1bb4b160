import type { ResultForm, ResultSavedState } from '../../src/protocol/resultPanel.ts';
import { readableForm } from './form.ts';
import type { PanelState } from './state.ts';

/** What VS Code keeps for a result panel while it is hidden and over a reload: the host's part, and the panel's own. */
export interface SavedState extends ResultSavedState {
  readonly version: 1;
  readonly ui: {
    readonly seenForm: ResultForm;
    readonly enlargedId: string | null;
    readonly isAdvancedOpen: boolean;
  };
}

/** @returns undefined before the panel has anything that is worth keeping */
export function savedStateOf(state: PanelState): SavedState | undefined {
  const { host, draft, seenForm, enlargedId, isAdvancedOpen } = state;
  if (!host || !draft || !seenForm) return undefined;
  return {
    version: 1,
    pictureIds: host.pictures.filter(({ isKept }) => isKept).map(({ pictureId }) => pictureId),
    form: readableForm(draft, seenForm),
    ui: { seenForm, enlargedId, isAdvancedOpen },
  };
}

/** Only what this version wrote; anything else is as if nothing had been kept. */
export function isSavedState(value: unknown): value is SavedState {
  if (typeof value !== 'object' || value === null) return false;
  const { version, form, ui } = value as Partial<SavedState>;
  return version === 1 && typeof form === 'object' && typeof ui === 'object';
}
