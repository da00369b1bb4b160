import type { GenerateLimits } from './engine.ts';
import { defineNotification, defineRequest } from './request.ts';
import type { Problem, ProblemAction } from './resultPanel.ts';
import type { AcceptanceRecord, AcceptanceSettings, SaeEntry } from './saes.ts';

export type AcceptanceStatus =
  | { readonly kind: 'idle' }
  | {
      readonly kind: 'running';
      /** "Picture 2 of 8: denoising step 1 of 4" */
      readonly phase: string;
      /** 0 ... 1 of the whole report. */
      readonly fraction: number;
    };

/** Everything that the acceptance report shows; the host holds it, the panel only draws it. */
export interface AcceptanceState {
  /** Null until it is read; `isGone` says that it was removed. */
  readonly sae: SaeEntry | null;
  readonly isGone: boolean;
  readonly model: { readonly title: string; readonly limits: GenerateLimits } | null;
  /** What the next report is made with; a person may change it. */
  readonly settings: AcceptanceSettings | null;
  /** The last report. */
  readonly report: AcceptanceRecord | null;
  readonly status: AcceptanceStatus;
  readonly problem: Problem | null;
}

/** What the panel keeps with `setState`: enough for the host to restore it after a reload. */
export interface AcceptanceSavedState {
  readonly modelDir: string;
  readonly saeId: string;
  readonly settings: AcceptanceSettings | null;
}

/** What can be done with the SAE elsewhere too; the host runs the command on it. */
export const acceptanceCommands = ['importSae', 'chooseSae', 'exportSae', 'removeSae'] as const;
export type AcceptanceCommand = (typeof acceptanceCommands)[number];

export const acceptanceSnapshot = defineRequest<
  null,
  { readonly state: AcceptanceState; readonly modelDir: string; readonly saeId: string }
>('acceptance/snapshot');
/** Answers as soon as it has started. */
export const acceptanceRun = defineRequest<{ settings: AcceptanceSettings }, null>(
  'acceptance/run',
);
export const acceptanceCancel = defineRequest<null, null>('acceptance/cancel');
export const acceptanceCopyText = defineRequest<{ text: string }, null>('acceptance/copyText');
/** A save dialog for a text that the panel made. */
export const acceptanceSaveText = defineRequest<{ name: string; text: string }, null>(
  'acceptance/saveText',
);
export const acceptanceCommand = defineRequest<{ command: AcceptanceCommand }, null>(
  'acceptance/command',
);
export const acceptanceAct = defineRequest<{ action: ProblemAction | 'showLog' }, null>(
  'acceptance/act',
);
export const acceptanceChanged = defineNotification<AcceptanceState>('acceptance/changed');
