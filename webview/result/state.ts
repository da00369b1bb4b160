import type { Picture } from '../../src/protocol/engine.ts';
import type { ResultForm, ResultPicture, ResultState } from '../../src/protocol/resultPanel.ts';
import { timeLeft } from '../shared/duration.ts';
import { draftOf, mergeNews, nextSeed, type FormDraft } from './form.ts';
import { recallPrompt, type Recall } from './promptHistory.ts';
import type { SavedState } from './savedState.ts';

export interface PanelState {
  /** The last snapshot; null before the first. */
  readonly host: ResultState | null;
  readonly draft: FormDraft | null;
  /** The host's form as this panel last took or sent it: what differs in the next one is news. */
  readonly seenForm: ResultForm | null;
  /** The picture that is shown large, where there are several. */
  readonly enlargedId: string | null;
  readonly isAdvancedOpen: boolean;
  readonly recall: Recall | null;
  /** By picture; null when they could not be had. */
  readonly pixels: Readonly<Record<string, Picture | null>>;
  /** The panel's own failures; the host's are in its state. */
  readonly trouble: string | null;
  /** What came of the last thing that was done. */
  readonly said: string;
  /** What has come by itself. Empty while a run begins, so that the same words are heard again. */
  readonly announced: string;
  readonly runningSinceMs: number | null;
  readonly nowMs: number;
}

export type PanelEvent =
  | { readonly kind: 'snapshot'; readonly host: ResultState; readonly nowMs: number }
  | { readonly kind: 'edited'; readonly field: keyof FormDraft; readonly value: string }
  | { readonly kind: 'recalled'; readonly direction: 'up' | 'down' }
  | { readonly kind: 'sent'; readonly form: ResultForm }
  | { readonly kind: 'advancedToggled'; readonly isOpen: boolean }
  | { readonly kind: 'enlarged'; readonly pictureId: string | null }
  | { readonly kind: 'pixels'; readonly pictureId: string; readonly picture: Picture | null }
  | { readonly kind: 'said'; readonly text: string }
  | { readonly kind: 'failed'; readonly cause: string };

/** What is shown before the first snapshot: what was kept, if anything was. */
export function startState(saved: SavedState | undefined): PanelState {
  return {
    host: null,
    draft: saved ? draftOf(saved.form) : null,
    seenForm: saved?.ui.seenForm ?? null,
    enlargedId: saved?.ui.enlargedId ?? null,
    isAdvancedOpen: saved?.ui.isAdvancedOpen ?? false,
    recall: null,
    pixels: {},
    trouble: null,
    said: '',
    announced: '',
    runningSinceMs: null,
    nowMs: 0,
  };
}

export function reduce(state: PanelState, event: PanelEvent): PanelState {
  switch (event.kind) {
    case 'snapshot':
      return takeSnapshot(state, event.host, event.nowMs);
    case 'edited':
      if (!state.draft) return state;
      return { ...state, draft: { ...state.draft, [event.field]: event.value }, recall: null };
    case 'recalled':
      return recallInto(state, event.direction);
    case 'sent':
      return {
        ...state,
        seenForm: event.form,
        draft: draftOf(event.form),
        trouble: null,
        said: '',
      };
    case 'advancedToggled':
      return { ...state, isAdvancedOpen: event.isOpen };
    case 'enlarged':
      return { ...state, enlargedId: event.pictureId, said: '' };
    case 'pixels':
      return { ...state, pixels: { ...state.pixels, [event.pictureId]: event.picture } };
    case 'said':
      return { ...state, said: event.text, trouble: null };
    case 'failed':
      return { ...state, trouble: event.cause, said: '' };
  }
}

function recallInto(state: PanelState, direction: 'up' | 'down'): PanelState {
  const { host, draft, recall } = state;
  if (!host || !draft) return state;
  const step = recallPrompt(host.promptHistory, draft.prompt, recall, direction);
  if (!step) return state;
  return { ...state, draft: { ...draft, prompt: step.prompt }, recall: step.recall };
}

function takeSnapshot(state: PanelState, host: ResultState, nowMs: number): PanelState {
  const { draft, seenForm } = state;
  const ids = new Set(host.pictures.map(({ pictureId }) => pictureId));
  const isRunning = host.status.kind === 'running';
  const wasRunning = state.runningSinceMs !== null;
  const isOver = host.status.kind === 'failed' || (isRunning && !wasRunning);
  // Nothing came of it, and nothing failed.
  const isCancelled = wasRunning && host.status.kind === 'idle' && state.announced === '';
  return {
    ...state,
    host,
    nowMs,
    draft: draft && seenForm ? mergeNews(draft, seenForm, host.form) : draftOf(host.form),
    seenForm: host.form,
    enlargedId: state.enlargedId !== null && ids.has(state.enlargedId) ? state.enlargedId : null,
    pixels: Object.fromEntries(Object.entries(state.pixels).filter(([id]) => ids.has(id))),
    announced:
      finishedWords(state.host, host) ??
      (isOver ? '' : isCancelled ? 'Cancelled.' : state.announced),
    runningSinceMs: isRunning ? (state.runningSinceMs ?? nowMs) : null,
  };
}

/** Said when pictures have come since the last snapshot; a panel that was just opened says nothing. */
function finishedWords(before: ResultState | null, { pictures }: ResultState): string | undefined {
  if (!before) return undefined;
  const known = new Set(before.pictures.map(({ pictureId }) => pictureId));
  const seeds = pictures
    .filter(({ pictureId }) => !known.has(pictureId))
    .map(({ manifest }) => manifest.seed);
  if (seeds.length === 0) return undefined;
  return seeds.length === 1
    ? `Picture with seed ${seeds.join()} is finished.`
    : `Pictures with seeds ${seeds.join(', ')} are finished.`;
}

/** The picture that is shown large: the only one, or the one that was chosen. */
export function largePicture(state: PanelState): ResultPicture | undefined {
  const pictures = state.host?.pictures ?? [];
  return pictures.length + expectedCount(state) === 1
    ? pictures[0]
    : pictures.find(({ pictureId }) => pictureId === state.enlargedId);
}

/** Places to keep for pictures of this request that are not there yet, so that nothing moves when they come. */
export function expectedCount({ host }: PanelState): number {
  if (host?.status.kind !== 'running' || host.status.pictureCount === 1) return 0;
  const { form, pictures, status } = host;
  let seed = form.seed;
  for (const { manifest } of pictures) {
    // Still those of the request before.
    if (manifest.seed !== seed || manifest.prompt !== form.prompt) return 0;
    seed = nextSeed(seed);
  }
  return pictures.length === 0 ? 0 : Math.max(0, status.pictureCount - pictures.length);
}

/**
 * The first seed that was not shown yet: after the last picture's, or the field's own once someone changed it.
 * Undefined while the field cannot be read.
 */
export function freshSeed({ host, draft }: PanelState): number | undefined {
  if (!host || !draft || draft.seed.trim() === '') return undefined;
  const typed = Number(draft.seed);
  const last = host.pictures.at(-1);
  return last && typed === host.form.seed ? nextSeed(last.manifest.seed) : typed;
}

export const missingPixels = ({ host, pixels }: PanelState): string[] =>
  (host?.pictures ?? []).map(({ pictureId }) => pictureId).filter((id) => !(id in pixels));

export function leftMs({ host, runningSinceMs, nowMs }: PanelState): number | undefined {
  if (host?.status.kind !== 'running' || runningSinceMs === null) return undefined;
  return timeLeft(nowMs - runningSinceMs, host.status.fraction);
}
