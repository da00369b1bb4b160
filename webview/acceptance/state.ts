import type { AcceptanceSavedState, AcceptanceState } from '../../src/protocol/acceptancePanel.ts';
import type { AcceptanceSettings } from '../../src/protocol/saes.ts';
import { draftOf, type Draft } from './draft.ts';

export interface PanelState {
  /** The last snapshot; null before the first. */
  readonly host: AcceptanceState | null;
  readonly ref: { readonly modelDir: string; readonly saeId: string } | null;
  /** What a person wrote for the next report; null before there is anything to begin with. */
  readonly draft: Draft | null;
  /** The host's settings as they were taken over last: others are news. */
  readonly seen: AcceptanceSettings | null;
  /** The panel's own failures; the host's are in its state. */
  readonly trouble: string | null;
  /** What came of the last thing that was done. */
  readonly said: string;
  /** What has come by itself, for screen readers. */
  readonly announced: string;
}

export type PanelEvent =
  | {
      readonly kind: 'opened';
      readonly host: AcceptanceState;
      readonly modelDir: string;
      readonly saeId: string;
    }
  | { readonly kind: 'snapshot'; readonly host: AcceptanceState }
  | { readonly kind: 'written'; readonly draft: Draft }
  | { readonly kind: 'said'; readonly text: string }
  | { readonly kind: 'failed'; readonly cause: string };

/** What VS Code keeps for the panel while it is hidden and over a reload. */
export interface SavedState extends AcceptanceSavedState {
  readonly version: 1;
  readonly draft: Draft | null;
}

export const startState = (saved: SavedState | undefined): PanelState => ({
  host: null,
  ref: null,
  draft: saved?.draft ?? null,
  seen: saved?.settings ?? null,
  trouble: null,
  said: '',
  announced: '',
});

export function savedStateOf({ host, ref, draft }: PanelState): SavedState | undefined {
  if (!host || !ref) return undefined;
  return { version: 1, ...ref, settings: host.settings, draft };
}

/** Only what this version wrote; anything else is as if nothing had been kept. */
export function isSavedState(value: unknown): value is SavedState {
  if (typeof value !== 'object' || value === null) return false;
  const { version, modelDir, saeId, draft } = value as Partial<SavedState>;
  const isDraft =
    draft === null || (typeof draft === 'object' && typeof draft.prompts === 'string');
  return version === 1 && typeof modelDir === 'string' && typeof saeId === 'string' && isDraft;
}

export function reduce(state: PanelState, event: PanelEvent): PanelState {
  switch (event.kind) {
    case 'opened': {
      const { host, modelDir, saeId } = event;
      return takeSnapshot({ ...state, ref: { modelDir, saeId } }, host);
    }
    case 'snapshot':
      return takeSnapshot(state, event.host);
    case 'written':
      return { ...state, draft: event.draft, said: '' };
    case 'said':
      return { ...state, said: event.text, trouble: null };
    case 'failed':
      return { ...state, trouble: event.cause, said: '' };
  }
}

function takeSnapshot(state: PanelState, host: AcceptanceState): PanelState {
  const { settings, report } = host;
  const isNews = settings !== null && !isSame(settings, state.seen);
  const wasRunning = state.host?.status.kind === 'running';
  const isDone = wasRunning && host.status.kind === 'idle';
  const isNewReport =
    isDone && report !== null && report.createdAt !== state.host.report?.createdAt;
  const ending = isNewReport ? `Report done. ${report.verdict.text}` : 'Stopped.';
  return {
    ...state,
    host,
    draft: isNews || !state.draft ? settings && draftOf(settings) : state.draft,
    seen: settings,
    trouble: host.problem ? null : state.trouble,
    announced: isDone ? ending : wasRunning || host.status.kind === 'idle' ? state.announced : '',
  };
}

const isSame = (one: AcceptanceSettings, other: AcceptanceSettings | null): boolean =>
  JSON.stringify(one) === JSON.stringify(other);
