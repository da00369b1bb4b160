import type { FeatureRef } from '../../protocol/featurePanel.ts';

/** Words for features, whoever gave them; the tree shows and filters by them. */
export interface FeatureLabels {
  /** Answers at once: it is asked for every row of a list. */
  labelOf(feature: FeatureRef): string | undefined;
  onDidChange(listener: () => void): void;
}
