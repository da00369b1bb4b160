import { ranks, type Rank } from '../../src/numerics/codes.ts';
import type { FeatureRef, FeatureSavedState } from '../../src/protocol/featurePanel.ts';
import type { Overlay } from '../shared/picture/overlay.ts';
import type { StrengthUnit } from './codes.ts';
import type { Arrangement, MapScale, PanelState } from './state.ts';

/** What VS Code keeps for the feature view while it is hidden and over a reload: the host's part, and the panel's own. */
export interface SavedState extends FeatureSavedState {
  readonly version: 1;
  readonly ui: {
    readonly shown: readonly FeatureRef[];
    readonly followed: FeatureRef | null;
    readonly rank: Rank;
    readonly topCount: number;
    readonly overlay: Overlay;
    readonly scale: MapScale;
    readonly arrangement: Arrangement;
    readonly unit: StrengthUnit;
    readonly isUnetOpen: boolean;
    readonly seenLook: number;
  };
}

/** @returns undefined before the panel has anything that is worth keeping */
export function savedStateOf(state: PanelState): SavedState | undefined {
  const { host, shown, followed, rank, topCount, overlay, scale, arrangement } = state;
  const { unit, isUnetOpen, seenLook } = state;
  if (!host) return undefined;
  return {
    version: 1,
    runId: host.picture?.runId ?? null,
    otherRunId: host.other?.runId ?? null,
    ui: {
      shown,
      followed,
      rank,
      topCount,
      overlay,
      scale,
      arrangement,
      unit,
      isUnetOpen,
      seenLook,
    },
  };
}

/** Only what this version wrote; anything else is as if nothing had been kept. */
export function isSavedState(value: unknown): value is SavedState {
  if (typeof value !== 'object' || value === null) return false;
  const { version, ui } = value as Partial<SavedState>;
  if (version !== 1 || typeof ui !== 'object') return false;
  return ranks.includes(ui.rank) && Array.isArray(ui.shown) && typeof ui.overlay === 'object';
}
