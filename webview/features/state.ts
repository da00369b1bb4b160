import type { Rank } from '../../src/numerics/codes.ts';
import type { Picture } from '../../src/protocol/engine.ts';
import {
  unetTarget,
  type FeatureRef,
  type FeatureState,
  type ReadBlock,
} from '../../src/protocol/featurePanel.ts';
import type { UnetPart } from '../../src/protocol/unetParts.ts';
import { defaultOverlay, type Overlay } from '../shared/picture/overlay.ts';
import type { Area } from './area.ts';
import type { StrengthUnit } from './codes.ts';
import type { SavedState } from './savedState.ts';

/** Where the maps' colours end: at each feature's own largest value, or at the largest of all that are shown. */
export type MapScale = 'own' | 'common';
/** Several features over one picture by colour, or each over a picture of its own. */
export type Arrangement = 'together' | 'sideBySide';

/** More could not be told apart by colour. */
export const shownMax = 6;
export const topCounts = [10, 20, 50, 100] as const;

export interface PanelState {
  /** The last snapshot; null before the first. */
  readonly host: FeatureState | null;
  /** By run; null when they could not be had. */
  readonly pixels: Readonly<Record<string, Picture | null>>;
  readonly readings: Readonly<Record<string, readonly ReadBlock[] | null>>;
  /** Features whose maps lie over the picture. */
  readonly shown: readonly FeatureRef[];
  /** Chosen here and told to the host, whose answers are no news. */
  readonly told: readonly FeatureRef[];
  /** The host's choice that was followed last, also before the panel was hidden. */
  readonly followed: FeatureRef | null;
  /** The block whose "missed by the SAE" map is shown instead of features. */
  readonly missedBlock: string | null;
  readonly area: Area | null;
  readonly stepIndex: number;
  readonly rank: Rank;
  readonly topCount: number;
  readonly overlay: Overlay;
  readonly scale: MapScale;
  readonly arrangement: Arrangement;
  readonly isTableOpen: boolean;
  readonly unit: StrengthUnit;
  readonly isUnetOpen: boolean;
  /** Of the current model; undefined while they are not known, null when they could not be had. */
  readonly unetParts: readonly UnetPart[] | null | undefined;
  /** What the host wished to have looked at last: done when it has been scrolled to. */
  readonly seenLook: number;
  /** The panel's own failures; the host's are in its state. */
  readonly trouble: string | null;
  /** What came of the last thing that was done. */
  readonly said: string;
}

/** What the toolbar changes, by field. */
export type Choices = Pick<
  PanelState,
  | 'stepIndex'
  | 'rank'
  | 'topCount'
  | 'overlay'
  | 'scale'
  | 'arrangement'
  | 'isTableOpen'
  | 'unit'
  | 'isUnetOpen'
>;

export type PanelEvent =
  | { readonly kind: 'snapshot'; readonly host: FeatureState }
  | { readonly kind: 'pixels'; readonly runId: string; readonly picture: Picture | null }
  | {
      readonly kind: 'readings';
      readonly runId: string;
      readonly readings: readonly ReadBlock[] | null;
    }
  /** `isAdding`: beside what is shown, or no longer if it was. */
  | { readonly kind: 'featureChosen'; readonly feature: FeatureRef; readonly isAdding: boolean }
  | { readonly kind: 'missedChosen'; readonly block: string }
  | { readonly kind: 'mapsCleared' }
  | { readonly kind: 'areaChosen'; readonly area: Area | null }
  | { readonly kind: 'unetParts'; readonly parts: readonly UnetPart[] | null }
  | { readonly kind: 'looked'; readonly count: number }
  | { readonly kind: 'chosen'; readonly choices: Partial<Choices> }
  | { readonly kind: 'said'; readonly text: string }
  | { readonly kind: 'failed'; readonly cause: string };

export function startState(saved: SavedState | undefined): PanelState {
  return {
    host: null,
    pixels: {},
    readings: {},
    shown: saved?.ui.shown ?? [],
    told: [],
    followed: saved?.ui.followed ?? null,
    missedBlock: null,
    area: null,
    stepIndex: 0,
    rank: saved?.ui.rank ?? 'mean',
    topCount: saved?.ui.topCount ?? 20,
    overlay: saved?.ui.overlay ?? defaultOverlay,
    scale: saved?.ui.scale ?? 'own',
    arrangement: saved?.ui.arrangement ?? 'together',
    isTableOpen: false,
    unit: saved?.ui.unit ?? 'activation',
    isUnetOpen: saved?.ui.isUnetOpen ?? false,
    unetParts: undefined,
    seenLook: saved?.ui.seenLook ?? 0,
    trouble: null,
    said: '',
  };
}

const isSame = (one: FeatureRef, other: FeatureRef): boolean =>
  one.block === other.block && one.id === other.id;

export const isShown = ({ shown }: PanelState, feature: FeatureRef): boolean =>
  shown.some((one) => isSame(one, feature));

export function reduce(state: PanelState, event: PanelEvent): PanelState {
  switch (event.kind) {
    case 'snapshot':
      return takeSnapshot(state, event.host);
    case 'pixels':
      return { ...state, pixels: { ...state.pixels, [event.runId]: event.picture } };
    case 'readings':
      return { ...state, readings: { ...state.readings, [event.runId]: event.readings } };
    case 'featureChosen':
      return chooseFeature(state, event.feature, event.isAdding);
    case 'missedChosen': {
      const { block } = event;
      return { ...state, missedBlock: state.missedBlock === block ? null : block, said: '' };
    }
    case 'mapsCleared':
      return { ...state, shown: [], missedBlock: null, said: '' };
    case 'areaChosen':
      return { ...state, area: event.area, said: '' };
    case 'unetParts':
      return { ...state, unetParts: event.parts };
    case 'looked':
      return { ...state, seenLook: event.count };
    case 'chosen':
      return { ...state, ...event.choices, said: '' };
    case 'said':
      return { ...state, said: event.text, trouble: null };
    case 'failed':
      return { ...state, trouble: event.cause, said: '' };
  }
}

function chooseFeature(state: PanelState, feature: FeatureRef, isAdding: boolean): PanelState {
  const next = { ...state, missedBlock: null, said: '' };
  const told = [...state.told, feature];
  if (!isAdding) return { ...next, told, shown: [feature] };
  if (isShown(state, feature)) {
    return { ...next, shown: state.shown.filter((one) => !isSame(one, feature)) };
  }
  if (state.shown.length === shownMax) {
    return {
      ...state,
      said: `${shownMax} features are shown, which is as many as can be told apart. Take one off first.`,
    };
  }
  return { ...next, told, shown: [...state.shown, feature] };
}

function takeSnapshot(state: PanelState, host: FeatureState): PanelState {
  const before = state.host;
  const ids = new Set(runIdsOf(host));
  const isRepaired = Boolean(before?.problem) && !host.problem;
  const kept = <T>(all: Readonly<Record<string, T | null>>): Record<string, T | null> =>
    Object.fromEntries(
      // What could not be had may be there now.
      Object.entries(all).filter(([id, one]) => ids.has(id) && !(isRepaired && one === null)),
    );
  const wished = host.lookAt && host.lookAt.count !== state.seenLook ? host.lookAt.target : null;
  const next = {
    ...state,
    host,
    // A panel that was just opened begins with the step that the tree is about; after that it is the one that chooses.
    stepIndex: before ? state.stepIndex : host.stepIndex,
    isUnetOpen: state.isUnetOpen || wished === unetTarget,
    pixels: kept(state.pixels),
    readings: kept(state.readings),
    trouble: isRepaired ? null : state.trouble,
  };
  return followSelected(next);
}

/**
 * What was chosen elsewhere, in the tree say, is shown, also when the panel was hidden meanwhile; an echo of what was
 * chosen here is not taken for that.
 */
function followSelected(state: PanelState): PanelState {
  const followed = state.host?.selected ?? null;
  const next = { ...state, followed };
  if (!followed || (state.followed && isSame(state.followed, followed))) return next;
  const echo = state.told.findIndex((one) => isSame(one, followed));
  if (echo >= 0) return { ...next, told: state.told.slice(echo + 1) };
  if (isShown(state, followed)) return next;
  return { ...next, shown: [followed], missedBlock: null };
}

const runIdsOf = ({ picture, other }: FeatureState): string[] =>
  [picture, other].flatMap((one) => (one ? [one.runId] : []));

export const missingPixels = ({ host, pixels }: PanelState): string[] =>
  host ? runIdsOf(host).filter((runId) => !(runId in pixels)) : [];

/** What shall be scrolled to now; null when that has been done. */
export const wishedLook = ({ host, seenLook }: PanelState): FeatureState['lookAt'] =>
  host?.lookAt && host.lookAt.count !== seenLook ? host.lookAt : null;

export const missingReadings = ({ host, readings }: PanelState): string[] =>
  host ? runIdsOf(host).filter((runId) => !(runId in readings)) : [];

/** Readings of the picture; undefined while they are on their way, null when they could not be had. */
export function currentReadings({
  host,
  readings,
}: PanelState): readonly ReadBlock[] | null | undefined {
  return host?.picture ? readings[host.picture.runId] : undefined;
}

export function otherReadings({ host, readings }: PanelState): readonly ReadBlock[] | null {
  return (host?.other && readings[host.other.runId]) ?? null;
}

/** Steps that all blocks have. */
export const stepCountOf = (readings: readonly ReadBlock[]): number =>
  Math.max(1, Math.min(...readings.map(({ steps }) => steps.length)));
