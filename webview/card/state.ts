import type {
  CardBlindTest,
  CardContactSheet,
  CardContent,
  CardDrawing,
  CardDrawingKind,
  CardState,
} from '../../src/protocol/cardPanel.ts';
import type { FeatureRef } from '../../src/protocol/featurePanel.ts';
import { isSameFeature } from '../../src/protocol/featureName.ts';
import type { BlindTestResult } from '../../src/protocol/labels.ts';
import type { MapStyle } from '../shared/picture/heatMap.ts';
import type { SavedState } from './savedState.ts';

/** Where the maps' colours end: at each picture's own peak, or at the feature's largest activation. */
export type MapScale = 'own' | 'feature';

/** How the pictures are shown; kept over reloads. */
export interface Looks {
  readonly hasMap: boolean;
  readonly opacity: number;
  readonly style: MapStyle;
  readonly scale: MapScale;
  /** Only the surroundings of the peak. */
  readonly isCropped: boolean;
}

const defaultLooks: Looks = {
  hasMap: true,
  opacity: 0.6,
  style: 'cells',
  scale: 'own',
  isCropped: false,
};

/** What is typed into label and notes; of the feature that is shown. */
export interface Draft {
  readonly text: string;
  readonly note: string;
}

export interface BlindState {
  readonly test: CardBlindTest;
  /** One a picture; undefined: not guessed yet. */
  readonly guesses: readonly (boolean | undefined)[];
  readonly hasPrompts: boolean;
  /** What was thought before it began: kept with the result. */
  readonly labelText: string;
  readonly result: BlindTestResult | null;
}

export interface PanelState {
  readonly host: CardState | null;
  /** undefined: on its way; null: the block has no index. */
  readonly content: CardContent | null | undefined;
  /** What `content` is of; it is old when the host's feature or revision is another. */
  readonly contentKey: string;
  readonly looks: Looks;
  /** null: nothing was changed. */
  readonly draft: Draft | null;
  /** The own label before the last save, for Undo. */
  readonly before: Draft | null;
  readonly blind: BlindState | null;
  /** What is being drawn of the feature. */
  readonly drawing: {
    readonly kind: CardDrawingKind;
    readonly done: number;
    readonly total: number;
  } | null;
  readonly drawings: Partial<Readonly<Record<CardDrawingKind, CardDrawing>>>;
  /** Of what others made with the same SAE; undefined: on its way; null: there is none. */
  readonly sheet: CardContactSheet | null | undefined;
  readonly isSheetFetching: boolean;
  /** It was clicked. */
  readonly isSheetClear: boolean;
  /** The panel's own failures; the host's are in its state. */
  readonly trouble: string | null;
  readonly said: string;
}

export type PanelEvent =
  | { readonly kind: 'snapshot'; readonly host: CardState }
  | { readonly kind: 'content'; readonly key: string; readonly content: CardContent | null }
  | { readonly kind: 'notRead'; readonly key: string; readonly cause: string }
  | { readonly kind: 'looks'; readonly looks: Partial<Looks> }
  | { readonly kind: 'drafted'; readonly draft: Draft | null }
  | { readonly kind: 'saved'; readonly before: Draft }
  | { readonly kind: 'undone' }
  | { readonly kind: 'blindStarted'; readonly test: CardBlindTest; readonly labelText: string }
  | { readonly kind: 'guessed'; readonly index: number; readonly guess: boolean }
  | { readonly kind: 'promptsShown'; readonly hasPrompts: boolean }
  | { readonly kind: 'judged'; readonly result: BlindTestResult }
  | { readonly kind: 'drawing'; readonly drawing: PanelState['drawing'] }
  | { readonly kind: 'drawn'; readonly feature: FeatureRef; readonly drawing: CardDrawing }
  | { readonly kind: 'sheet'; readonly key: string; readonly sheet: CardContactSheet | null }
  | { readonly kind: 'sheetFetching'; readonly isFetching: boolean }
  | { readonly kind: 'sheetClear'; readonly isClear: boolean }
  | { readonly kind: 'blindEnded' }
  | { readonly kind: 'said'; readonly text: string }
  | { readonly kind: 'failed'; readonly cause: string };

export const startState = (saved: SavedState | undefined): PanelState => ({
  host: null,
  content: undefined,
  contentKey: '',
  looks: { ...defaultLooks, ...saved?.looks },
  draft: null,
  before: null,
  blind: null,
  drawing: null,
  drawings: {},
  sheet: undefined,
  isSheetFetching: false,
  isSheetClear: false,
  trouble: null,
  said: '',
});

/** Names what has to be read for what the host shows now; undefined while there is no feature. */
export function wantedKey({ host }: PanelState): string | undefined {
  const { feature, revision } = host ?? {};
  return feature ? `${feature.block}/${String(feature.id)} ${String(revision)}` : undefined;
}

/** True when the content is of the feature that the host shows, be it of an older revision. */
export function isContentShown({ host, contentKey }: PanelState): boolean {
  const { feature } = host ?? {};
  return feature ? contentKey.startsWith(`${feature.block}/${String(feature.id)} `) : false;
}

/** The own label as it is kept. */
export function ownLabel({ content }: PanelState): Draft {
  const own = content?.labels.find(({ source }) => source === 'own');
  return { text: own?.text ?? '', note: own?.note ?? '' };
}

export function reduce(state: PanelState, event: PanelEvent): PanelState {
  switch (event.kind) {
    case 'snapshot':
      return takeSnapshot(state, event.host);
    case 'content':
      if (event.key !== wantedKey(state)) return state;
      return { ...state, content: event.content, contentKey: event.key, trouble: null };
    case 'notRead':
      if (event.key !== wantedKey(state)) return state;
      return { ...state, contentKey: event.key, trouble: event.cause };
    case 'looks':
      return { ...state, looks: { ...state.looks, ...event.looks } };
    case 'drafted':
      return { ...state, draft: event.draft, said: '' };
    case 'saved':
      return { ...state, draft: null, before: event.before, said: '', trouble: null };
    case 'undone':
      return { ...state, draft: null, before: null, said: 'Undone.', trouble: null };
    case 'blindStarted':
      return { ...state, blind: blindOf(event), said: '', trouble: null };
    case 'guessed':
      return withBlind(state, ({ guesses }) => ({
        guesses: guesses.map((guess, index) => (index === event.index ? event.guess : guess)),
      }));
    case 'promptsShown':
      return withBlind(state, () => ({ hasPrompts: event.hasPrompts }));
    case 'judged':
      return withBlind(state, () => ({ result: event.result }));
    case 'drawing':
      return { ...state, drawing: event.drawing, said: '' };
    case 'drawn': {
      const { feature } = state.host ?? {};
      if (!feature || !isSameFeature(feature, event.feature)) return state;
      const drawings = { ...state.drawings, [event.drawing.kind]: event.drawing };
      return { ...state, drawings, drawing: null, trouble: null };
    }
    case 'sheet':
      return event.key === wantedKey(state) ? { ...state, sheet: event.sheet } : state;
    case 'sheetFetching':
      return { ...state, isSheetFetching: event.isFetching };
    case 'sheetClear':
      return { ...state, isSheetClear: event.isClear };
    case 'blindEnded':
      return { ...state, blind: null };
    case 'said':
      return { ...state, said: event.text, trouble: null };
    case 'failed':
      return { ...state, trouble: event.cause, said: '' };
  }
}

const blindOf = ({
  test,
  labelText,
}: Extract<PanelEvent, { kind: 'blindStarted' }>): BlindState => ({
  ...{ test, labelText, hasPrompts: false, result: null },
  guesses: test.pictures.map(() => undefined),
});

const withBlind = (
  state: PanelState,
  change: (blind: BlindState) => Partial<BlindState>,
): PanelState =>
  state.blind ? { ...state, blind: { ...state.blind, ...change(state.blind) } } : state;

/** Another feature: what was typed and guessed was about the one before. */
function takeSnapshot(state: PanelState, host: CardState): PanelState {
  const before = state.host?.feature;
  const isOther = !before || !host.feature || !isSameFeature(before, host.feature);
  const isRepaired = Boolean(state.host?.problem) && !host.problem;
  const next = { ...state, host, ...(isRepaired ? { trouble: null } : {}) };
  if (!isOther) return next;
  return {
    ...{ ...next, content: undefined, contentKey: '' },
    ...{ draft: null, before: null, blind: null, drawing: null, drawings: {} },
    ...{ sheet: undefined, isSheetFetching: false, isSheetClear: false },
    ...{ trouble: null, said: '' },
  };
}
