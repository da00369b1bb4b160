import type { Picture } from '../../src/protocol/engine.ts';
import {
  type ExplainContent,
  type ExplainForm,
  type ExplainSavedState,
  type ExplainState,
  type PanelPixels,
  startForm,
} from '../../src/protocol/explainPanel.ts';
import {
  type FeatureRef,
  type ReadBlock,
  unpackReadings,
} from '../../src/protocol/featurePanel.ts';
import type { CellGrid, CellRectangle } from '../shared/picture/cells.ts';
import { defaultOverlay, type Overlay } from '../shared/picture/overlay.ts';

export const topCounts = [10, 20, 50] as const;

/** Pixels and codes of one result. */
export interface Content {
  readonly resultId: number;
  readonly picture: Picture;
  readonly roundTrip: Picture | null;
  readonly control: Picture | null;
  readonly readings: readonly ReadBlock[];
  readonly controlReadings: readonly ReadBlock[];
}

/** A rectangle in the picture, in cells of a grid. */
export interface Area {
  readonly rectangle: CellRectangle;
  readonly grid: CellGrid;
}

export interface PanelState {
  readonly host: ExplainState | null;
  readonly content: Content | null;
  /** What will be explained next; the host's until something is changed here. */
  readonly form: ExplainForm;
  readonly shown: FeatureRef | null;
  readonly area: Area | null;
  /** Of a picture that was made here, counted from 0. */
  readonly stepIndex: number;
  readonly topCount: number;
  readonly overlay: Overlay;
  readonly trouble: string | null;
  readonly said: string;
}

export type PanelEvent =
  | { readonly kind: 'snapshot'; readonly host: ExplainState }
  | { readonly kind: 'content'; readonly content: Content }
  | { readonly kind: 'form'; readonly form: Partial<ExplainForm> }
  | { readonly kind: 'shown'; readonly feature: FeatureRef }
  | { readonly kind: 'area'; readonly area: Area | null }
  | {
      readonly kind: 'chosen';
      readonly choices: Partial<Pick<PanelState, 'stepIndex' | 'topCount' | 'overlay'>>;
    }
  | { readonly kind: 'said'; readonly text: string }
  | { readonly kind: 'failed'; readonly cause: string };

export const firstState: PanelState = {
  ...{ host: null, content: null, form: startForm, shown: null, area: null },
  ...{ stepIndex: 0, topCount: 10, overlay: defaultOverlay, trouble: null, said: '' },
};

export function reduce(state: PanelState, event: PanelEvent): PanelState {
  switch (event.kind) {
    case 'snapshot':
      return takeSnapshot(state, event.host);
    case 'content': {
      // A rectangle and a feature stay while the same picture is explained in another way.
      const stepIndex = Math.max(0, (event.content.readings[0]?.steps.length ?? 1) - 1);
      return { ...state, content: event.content, stepIndex };
    }
    case 'form':
      return { ...state, form: { ...state.form, ...event.form }, said: '' };
    case 'shown': {
      const { shown } = state;
      const isOff = shown?.block === event.feature.block && shown.id === event.feature.id;
      return { ...state, shown: isOff ? null : event.feature, said: '' };
    }
    case 'area':
      return { ...state, area: event.area, said: '' };
    case 'chosen':
      return { ...state, ...event.choices };
    case 'said':
      return { ...state, said: event.text, trouble: null };
    case 'failed':
      return { ...state, trouble: event.cause, said: '' };
  }
}

function takeSnapshot(state: PanelState, host: ExplainState): PanelState {
  const before = state.host;
  const isOther = host.files[host.current]?.path !== before?.files[before.current]?.path;
  const isNewForm = JSON.stringify(host.form) !== JSON.stringify(before?.form);
  const isGone = host.result === null;
  return {
    ...state,
    host,
    form: isNewForm ? host.form : state.form,
    content: isGone ? null : state.content,
    ...(isOther && { area: null, shown: null }),
    trouble: null,
  };
}

/** The result whose pixels and codes are not there yet. */
export const missingContent = ({ host, content }: PanelState): number | undefined => {
  const wanted = host?.result?.resultId;
  return wanted === content?.resultId ? undefined : wanted;
};

export function contentOf(resultId: number, packed: ExplainContent): Content {
  const { picture, roundTrip, control, readings, controlReadings } = packed;
  return {
    resultId,
    picture: pictureOf(picture),
    roundTrip: roundTrip && pictureOf(roundTrip),
    control: control && pictureOf(control),
    readings: unpackReadings(readings),
    controlReadings: unpackReadings(controlReadings),
  };
}

const pictureOf = ({ width, height, rgb }: PanelPixels): Picture => ({
  ...{ width, height },
  rgb: new Uint8Array(rgb),
});

export const savedStateOf = ({ host, form }: PanelState): ExplainSavedState | undefined =>
  host && host.files.length > 0
    ? { paths: host.files.map(({ path }) => path), current: host.current, form }
    : undefined;
