import type { ControlChoice, ExplainResult } from './explain.ts';
import type { PackedReadings } from './featurePanel.ts';
import { defineNotification, defineRequest } from './request.ts';
import type { Problem } from './resultPanel.ts';

/** How a picture that was not made here is read. */
export interface ExplainForm {
  /** `picture`: whatever the file says of itself. */
  readonly as: 'auto' | 'picture';
  readonly prompt: string;
  /** null: the default. */
  readonly timestep: number | null;
  readonly seedCount: number;
  readonly control: ControlChoice;
}

export const startForm: ExplainForm = {
  ...{ as: 'auto', prompt: '', timestep: null, seedCount: 4 },
  control: { kind: 'grey' },
};

/** What is said of a result; its pixels and codes are asked for with `explain/content`. */
export type ExplainSummary = Omit<
  ExplainResult,
  'picture' | 'readings' | 'controlReadings' | 'roundTrip' | 'controlPicture'
> & {
  /** Tells one result from the next. */
  readonly resultId: number;
  readonly width: number;
  readonly height: number;
};

export interface ExplainState {
  readonly files: readonly { readonly path: string; readonly name: string }[];
  /** Of `files`. */
  readonly current: number;
  readonly form: ExplainForm;
  readonly status:
    | { readonly kind: 'idle' }
    | { readonly kind: 'running'; readonly phase: string; readonly fraction: number };
  /** Of the current file; null before the first, and after a failure. */
  readonly result: ExplainSummary | null;
  readonly problem: Problem | null;
  /** The model that comes with the extension. */
  readonly isEmbedded: boolean;
}

/** What the panel keeps with `setState`: enough to explain again. */
export interface ExplainSavedState {
  readonly paths: readonly string[];
  readonly current: number;
  readonly form: ExplainForm;
}

export interface PanelPixels {
  readonly width: number;
  readonly height: number;
  readonly rgb: ArrayBuffer;
}

export interface ExplainContent {
  readonly picture: PanelPixels;
  readonly roundTrip: PanelPixels | null;
  readonly control: PanelPixels | null;
  readonly readings: PackedReadings;
  readonly controlReadings: PackedReadings;
}

export const explainSnapshot = defineRequest<null, ExplainState>('explain/snapshot');
/** null when there is another result by now. */
export const explainContent = defineRequest<{ resultId: number }, ExplainContent | null>(
  'explain/content',
);
/** Answers as soon as it has started. */
export const explainStart = defineRequest<ExplainForm, null>('explain/start');
export const explainCancel = defineRequest<null, null>('explain/cancel');
export const explainChooseFile = defineRequest<{ index: number }, null>('explain/chooseFile');
/** Asks for more pictures. */
export const explainAddFiles = defineRequest<null, null>('explain/addFiles');
/** Asks for a picture to compare with; null when the person changes their mind. */
export const explainPickControl = defineRequest<null, { path: string } | null>(
  'explain/pickControl',
);
/** Explains once more and keeps it as a run. */
export const explainKeep = defineRequest<null, null>('explain/keep');
/** The kept run in the feature view. */
export const explainShowRun = defineRequest<null, null>('explain/showRun');
/** Another tool's prompt, seed and steps into the form of a result panel. */
export const explainUseStart = defineRequest<null, null>('explain/useStart');
export const explainChanged = defineNotification<ExplainState>('explain/changed');
