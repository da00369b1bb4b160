import type {
  PanelMarkPictures,
  SpecializationState,
} from '../../src/protocol/specializationPanel.ts';
import type { ChartId } from '../../src/protocol/specialization.ts';

/** Pictures behind a mark, below the chart they were asked for in. */
export interface Shown {
  readonly chart: ChartId;
  readonly key: string;
  readonly label: string;
  /** Null while they are made. */
  readonly made: PanelMarkPictures | null;
}

export interface PanelState {
  readonly host: SpecializationState | null;
  readonly shown: Shown | null;
  readonly trouble: string | null;
  readonly said: string;
}

export type PanelEvent =
  | { readonly kind: 'snapshot'; readonly host: SpecializationState }
  | { readonly kind: 'asked'; readonly shown: Omit<Shown, 'made'> }
  | { readonly kind: 'made'; readonly key: string; readonly made: PanelMarkPictures }
  | { readonly kind: 'closed' }
  | { readonly kind: 'said'; readonly text: string }
  | { readonly kind: 'failed'; readonly cause: string };

export function reduce(state: PanelState, event: PanelEvent): PanelState {
  switch (event.kind) {
    case 'snapshot': {
      // Pictures of another report are no answer to anything that is shown.
      const isSame = event.host.jobId === state.host?.jobId;
      return { ...state, host: event.host, shown: isSame ? state.shown : null };
    }
    case 'asked':
      return {
        ...{ ...state, trouble: null, said: '' },
        shown: { ...event.shown, made: null },
      };
    case 'made': {
      // The person may have asked for others meanwhile.
      if (state.shown?.key !== event.key) return state;
      return { ...state, shown: { ...state.shown, made: event.made } };
    }
    case 'closed':
      return { ...state, shown: null };
    case 'said':
      return { ...state, said: event.text, trouble: null };
    case 'failed': {
      const isWaiting = state.shown?.made === null;
      return { ...state, trouble: event.cause, said: '', shown: isWaiting ? null : state.shown };
    }
  }
}
