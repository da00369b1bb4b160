import type { JobSummary } from './jobs.ts';
import { defineNotification, defineRequest } from './request.ts';
import type { Problem } from './resultPanel.ts';
import type { MarkPicture, MarkPictures, SpecializationView } from './specialization.ts';

export interface SpecializationState {
  /** What the panel was opened for; null: for nothing. */
  readonly jobId: string | null;
  /** Null until it was read, and when it was removed from the list. */
  readonly job: JobSummary | null;
  readonly isRemoved: boolean;
  readonly view: SpecializationView | null;
  readonly problem: Problem | null;
}

/** What the panel's buttons do with its job; `begin` chooses another one. */
export type SpecializationCommand = 'pause' | 'resume' | 'cancel' | 'log' | 'reveal' | 'begin';

/** A picture as it crosses to a panel: sRGB, 8 bits, `[height, width, 3]`. */
export interface PanelPixels {
  readonly width: number;
  readonly height: number;
  readonly rgb: ArrayBuffer;
}

export interface PanelMarkPicture extends Omit<MarkPicture, 'shots'> {
  readonly shots: readonly { readonly name: string; readonly picture: PanelPixels }[];
}

export interface PanelMarkPictures extends Omit<MarkPictures, 'pictures'> {
  readonly pictures: readonly PanelMarkPicture[];
}

export const specializationSnapshot = defineRequest<null, SpecializationState>(
  'specializationPanel/snapshot',
);
export const specializationRun = defineRequest<{ readonly command: SpecializationCommand }, null>(
  'specializationPanel/run',
);
export const specializationPictures = defineRequest<{ readonly key: string }, PanelMarkPictures>(
  'specializationPanel/pictures',
);
export const specializationChanged = defineNotification<SpecializationState>(
  'specializationPanel/changed',
);
