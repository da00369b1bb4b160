import type { QualityReport, SaeComparison } from './indexes.ts';
import { defineNotification, defineRequest } from './request.ts';
import type { Problem } from './resultPanel.ts';

export interface QualityState {
  readonly modelTitle: string;
  /** The small model that comes with the extension. */
  readonly isEmbedded: boolean;
  /** null until they were read. */
  readonly reports: readonly QualityReport[] | null;
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
  readonly problem: Problem | null;
}

export const qualitySnapshot = defineRequest<null, QualityState>('quality/snapshot');
/** Reads the reports again. */
export const qualityRefresh = defineRequest<null, null>('quality/refresh');
/** Asks for two SAE folders and compares them; answers when the person has chosen. */
export const qualityCompare = defineRequest<null, null>('quality/compare');
export const qualityCancelCompare = defineRequest<null, null>('quality/cancelCompare');
export const qualityChanged = defineNotification<QualityState>('quality/changed');
