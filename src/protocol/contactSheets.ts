import type { FeatureRef } from './featurePanel.ts';
import { defineRequest } from './request.ts';

/**
 * Pictures in which features of the SAEs `surokpro2/sdxl-saes` are strongest, one sheet a feature, `<block>/<id>.jpg`: made
 * by their authors, never shipped, fetched one by one when somebody asks.
 *
 * @source github.com/surkovv/sdxl-unbox, app.py: `update_top_images`
 */
export const contactSheetRepo = 'surokpro2/sdxl_sae_images';

export interface ContactSheet {
  readonly repo: string;
  /** Absolute; null: it was not fetched yet. */
  readonly path: string | null;
}

interface OfFeature {
  readonly modelDir: string;
  readonly feature: FeatureRef;
}

/** null: the block's SAE is none that sheets were made with, by its form. */
export const findContactSheet = defineRequest<OfFeature, ContactSheet | null>('contactSheet/find');
/** Fetches one sheet, and keeps it. @throws `model` naming what is wrong; `invalidInput` where there is none */
export const fetchContactSheet = defineRequest<OfFeature & { hubUrl: string }, ContactSheet>(
  'contactSheet/fetch',
);
