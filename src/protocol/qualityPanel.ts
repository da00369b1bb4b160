import type { QualityReport, SaeComparison } from './indexes.ts';
import type { JobSummary } from './jobs.ts';
import type { PictureFit } from './pictureFit.ts';
import { defineNotification, defineRequest } from './request.ts';
import type { Problem } from './resultPanel.ts';

export interface QualityState {
  readonly modelTitle: string;
  /** The small model that comes with the extension. */
  readonly isEmbedded: boolean;
  /** null until they were read. */
  readonly reports: readonly QualityReport[] | null;
  /** In the order of the blocks; read with the reports. */
  readonly pictures: readonly PictureFit[];
  readonly comparison:
    | { readonly kind: 'none' }
    | {
        readonly kind: 'running';
        readonly leftDir: string;
        readonly rightDir: string;
        readonly matchedCount: number;
        readonly totalCount: number;
      }
    | {
        readonly kind: 'done';
        readonly leftDir: string;
        readonly rightDir: string;
        readonly result: SaeComparison;
      };
  /** The job that measures in the picture, while there is one that has not ended. */
  readonly measuring: JobSummary | null;
  readonly problem: Problem | null;
}

export const qualitySnapshot = defineRequest<null, QualityState>('quality/snapshot');
/** Reads the reports again. */
export const qualityRefresh = defineRequest<null, null>('quality/refresh');
/** Asks for two SAE folders and compares them; answers when the person has chosen. */
export const qualityCompare = defineRequest<null, null>('quality/compare');
export const qualityCancelCompare = defineRequest<null, null>('quality/cancelCompare');
/** Asks for the number of prompts and starts the job that measures in the picture. */
export const qualityMeasure = defineRequest<null, null>('quality/measure');
export const qualityCancelMeasure = defineRequest<null, null>('quality/cancelMeasure');
export const qualityChanged = defineNotification<QualityState>('quality/changed');
