import type { CardState } from '../../src/protocol/cardPanel.ts';
import type { ContrastState } from '../../src/protocol/contrastPanel.ts';
import type { GalleryState } from '../../src/protocol/galleryPanel.ts';
import type { QualityState } from '../../src/protocol/qualityPanel.ts';

/** What any of the four panels shows. */
export type AnyPanelState = CardState | GalleryState | ContrastState | QualityState;
