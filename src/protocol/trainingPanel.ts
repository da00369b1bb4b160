import type { JobSummary } from './jobs.ts';
import { defineNotification, defineRequest } from './request.ts';
import type { Problem } from './resultPanel.ts';
import type { TrainingView } from './training.ts';

export interface TrainingState {
  /** What the panel was opened for; null: for nothing. */
  readonly jobId: string | null;
  /** Null until it was read, and when it was removed from the list. */
  readonly job: JobSummary | null;
  readonly isRemoved: boolean;
  readonly training: TrainingView | null;
  readonly problem: Problem | null;
}

/** What the panel's buttons do with its job; `train` begins another one. */
export type TrainingCommand = 'pause' | 'resume' | 'cancel' | 'log' | 'use' | 'index' | 'train';

export const trainingSnapshot = defineRequest<null, TrainingState>('trainingPanel/snapshot');
export const trainingRun = defineRequest<{ readonly command: TrainingCommand }, null>(
  'trainingPanel/run',
);
export const trainingChanged = defineNotification<TrainingState>('trainingPanel/changed');
