import type { MapStyle } from './heatMap.ts';

/** How maps lie over pictures: one setting for all pictures of a panel. */
export interface Overlay {
  readonly isShown: boolean;
  /** 0 ... 1. */
  readonly opacity: number;
  readonly style: MapStyle;
}

export const defaultOverlay: Overlay = { isShown: true, opacity: 0.7, style: 'cells' };
