import type { FeatureRef } from './featurePanel.ts';
import type { FeatureFigures } from './indexSearch.ts';
import { defineRequest } from './request.ts';

/** What the card that hovers over a feature chip shows. */
export interface FeaturePreview {
  /** Its strongest picture; null for a dead feature, or when no thumbnail is kept. `uri` can be loaded by the panel. */
  readonly picture: { readonly uri: string; readonly prompt: string } | null;
  readonly figures: Pick<FeatureFigures, 'density' | 'mean' | 'max' | 'isDead' | 'isAlwaysOn'>;
  /** Nearest decoder rows of the same SAE, the nearest first. */
  readonly neighbours: readonly (FeatureRef & {
    readonly label: string | null;
    readonly cosine: number;
  })[];
}

/** Panel to host. null: the block has no index, so nothing is known beyond its name. */
export const featurePreview = defineRequest<{ feature: FeatureRef }, FeaturePreview | null>(
  'feature/preview',
);
