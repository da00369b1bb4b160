import type { QualityReport } from '../../src/protocol/indexes.ts';
import type { QualityState } from '../../src/protocol/qualityPanel.ts';

export interface PanelState {
  readonly host: QualityState | null;
  readonly trouble: string | null;
  readonly said: string;
}

export type PanelEvent =
  | { readonly kind: 'snapshot'; readonly host: QualityState }
  | { readonly kind: 'said'; readonly text: string }
  | { readonly kind: 'failed'; readonly cause: string };

export function reduce(state: PanelState, event: PanelEvent): PanelState {
  switch (event.kind) {
    case 'snapshot':
      return { ...state, host: event.host, trouble: null };
    case 'said':
      return { ...state, said: event.text, trouble: null };
    case 'failed':
      return { ...state, trouble: event.cause, said: '' };
  }
}

const head =
  'block,step,samples,explainedVariance,rSquared,l0,deadShare,alwaysOnShare,cosineMedian,cosineP95,cosineMax,shareAbove09,features,saeSha256';

/** One line for each block and step, all steps together first; every number unrounded. */
export function csvOf(reports: readonly QualityReport[]): string {
  const lines = reports.flatMap(({ index, fits, deadShare, alwaysOnShare, collinearity }) =>
    fits.map((fit) =>
      [
        ...[index.block, fit.stepIndex === null ? 'all' : fit.stepIndex + 1, fit.sampleCount],
        ...[fit.explainedVariance, fit.rSquared, fit.l0, deadShare, alwaysOnShare],
        ...[collinearity.median, collinearity.p95, collinearity.max, collinearity.shareAbove09],
        ...[index.nFeatures, index.saeSha256],
      ].join(','),
    ),
  );
  return `${[head, ...lines].join('\n')}\n`;
}
