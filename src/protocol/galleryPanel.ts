import type { FeatureRef } from './featurePanel.ts';
import type { FeatureRow, SearchParams, SearchResult } from './indexSearch.ts';
import type { PanelPicture } from './panelRequests.ts';
import { defineNotification, defineRequest } from './request.ts';
import type { Problem } from './resultPanel.ts';

/** What the gallery's host knows; what is looked for is the panel's own. */
export interface GalleryState {
  /** Blocks with a finished index, in the model's order. */
  readonly blocks: readonly {
    readonly block: string;
    readonly nFeatures: number;
    readonly pictureCount: number;
  }[];
  /** False until the indexes were read. */
  readonly isRead: boolean;
  readonly modelTitle: string;
  readonly pinned: readonly FeatureRef[];
  readonly lists: readonly string[];
  /** A block that a command asked for; the panel follows when it changes. */
  readonly wanted: { readonly block: string; readonly count: number } | null;
  readonly revision: number;
  readonly problem: Problem | null;
}

export type GalleryRow = Omit<FeatureRow, 'best'> & { readonly best: PanelPicture | null };
export type GalleryQuery = Omit<SearchParams, 'modelDir' | 'labelsPath'>;

export const gallerySnapshot = defineRequest<null, GalleryState>('gallery/snapshot');
export const gallerySearch = defineRequest<
  GalleryQuery,
  Omit<SearchResult, 'rows'> & { readonly rows: readonly GalleryRow[] }
>('gallery/search');
export const galleryChanged = defineNotification<GalleryState>('gallery/changed');
