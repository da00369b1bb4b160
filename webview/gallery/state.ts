import type { FeatureRef } from '../../src/protocol/featurePanel.ts';
import type { GalleryQuery, GalleryRow, GalleryState } from '../../src/protocol/galleryPanel.ts';
import type { FeatureSort } from '../../src/protocol/indexSearch.ts';
import type { SavedState } from './savedState.ts';

/** Rows that are asked for at once. */
export const pageLength = 120;

/** What is looked for; kept over reloads. */
export interface Query {
  /** null: all. */
  readonly block: string | null;
  readonly text: string;
  readonly sort: FeatureSort;
  readonly isAscending: boolean;
  readonly hideDead: boolean;
  readonly hideAlwaysOn: boolean;
  readonly labelled: NonNullable<GalleryQuery['labelled']> | null;
  readonly list: string | null;
}

export const defaultQuery: Query = {
  block: null,
  text: '',
  sort: 'density',
  isAscending: false,
  hideDead: true,
  hideAlwaysOn: false,
  labelled: null,
  list: null,
};

export interface PanelState {
  readonly host: GalleryState | null;
  readonly query: Query;
  /** By page; missing ones are asked for when they come into view. */
  readonly pages: Readonly<Record<number, readonly GalleryRow[]>>;
  /** undefined before the first answer to this query. */
  readonly totalCount: number | undefined;
  /** False: what was found has some of the words. */
  readonly hasAllWords: boolean;
  /** The tile that the keys are on. */
  readonly focusIndex: number;
  /** What the pages are of; it changes with the query and with the host's revision. */
  readonly generation: number;
  readonly trouble: string | null;
}

export type PanelEvent =
  | { readonly kind: 'snapshot'; readonly host: GalleryState }
  | { readonly kind: 'query'; readonly query: Partial<Query> }
  | {
      readonly kind: 'page';
      readonly generation: number;
      readonly page: number;
      readonly rows: readonly GalleryRow[];
      readonly totalCount: number;
      readonly hasAllWords: boolean;
    }
  | { readonly kind: 'focused'; readonly index: number }
  | { readonly kind: 'failed'; readonly cause: string };

export const startState = (saved: SavedState | undefined): PanelState => ({
  host: null,
  query: { ...defaultQuery, ...saved?.query },
  pages: {},
  totalCount: undefined,
  hasAllWords: true,
  focusIndex: 0,
  generation: 0,
  trouble: null,
});

export function reduce(state: PanelState, event: PanelEvent): PanelState {
  switch (event.kind) {
    case 'snapshot':
      return takeSnapshot(state, event.host);
    case 'query':
      return asked({ ...state, query: { ...state.query, ...event.query }, focusIndex: 0 });
    case 'page':
      if (event.generation !== state.generation) return state;
      return {
        ...state,
        pages: { ...state.pages, [event.page]: event.rows },
        totalCount: event.totalCount,
        hasAllWords: event.hasAllWords,
        focusIndex: Math.min(state.focusIndex, Math.max(0, event.totalCount - 1)),
        trouble: null,
      };
    case 'focused':
      return { ...state, focusIndex: event.index };
    case 'failed':
      return { ...state, trouble: event.cause };
  }
}

/** What was read is of another question. */
const asked = (state: PanelState): PanelState => ({
  ...state,
  pages: {},
  totalCount: undefined,
  generation: state.generation + 1,
});

function takeSnapshot(state: PanelState, host: GalleryState): PanelState {
  const before = state.host;
  const { wanted } = host;
  const isFirst = before?.isRead !== host.isRead;
  const isNews = wanted !== null && wanted.count !== before?.wanted?.count;
  const names = host.blocks.map(({ block }) => block);
  const isGone = host.isRead && state.query.block !== null && !names.includes(state.query.block);
  const kept = isGone ? null : state.query.block;
  const block = isNews ? wanted.block : kept;
  const next = { ...state, host, trouble: null, query: { ...state.query, block } };
  const isOther = host.revision !== before?.revision || block !== state.query.block;
  return isOther || isFirst ? asked(next) : next;
}

export const rowAt = ({ pages }: PanelState, index: number): GalleryRow | undefined =>
  pages[Math.floor(index / pageLength)]?.[index % pageLength];

/** Pages of which something is between two rows and that were not read. */
export function missingPages({ pages }: PanelState, from: number, to: number): number[] {
  const first = Math.floor(from / pageLength);
  const last = Math.floor(Math.max(from, to - 1) / pageLength);
  return Array.from({ length: last - first + 1 }, (_, at) => first + at).filter(
    (page) => !(page in pages),
  );
}

/** The host's question for a page. */
export function queryOf({ query, host }: PanelState, page: number): GalleryQuery {
  const { block, text, sort, isAscending, hideDead, hideAlwaysOn, labelled, list } = query;
  const words = text.trim();
  return {
    text: words,
    ...(block === null ? {} : { blocks: [block] }),
    ...{ hideDead, hideAlwaysOn, isAscending },
    // Without words nothing is relevant to anything.
    sort: sort === 'relevance' && words === '' ? 'density' : sort,
    ...(labelled === null ? {} : { labelled }),
    ...(list === null || !host?.lists.includes(list) ? {} : { list }),
    offset: page * pageLength,
    limit: pageLength,
  };
}

export const isPinned = ({ host }: PanelState, { block, id }: FeatureRef): boolean =>
  host?.pinned.some((one) => one.block === block && one.id === id) ?? false;

/** Where a key leads in a grid; undefined for keys that mean nothing there. */
export function moveFocus(
  key: string,
  index: number,
  { columns, rowsInView, count }: { columns: number; rowsInView: number; count: number },
): number | undefined {
  const steps: Record<string, number> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -columns,
    ArrowDown: columns,
    PageUp: -columns * rowsInView,
    PageDown: columns * rowsInView,
  };
  if (key === 'Home') return 0;
  if (key === 'End') return count - 1;
  const step = steps[key];
  if (step === undefined) return undefined;
  const next = index + step;
  if (Math.abs(step) === 1) return Math.min(count - 1, Math.max(0, next));
  // Up from the first row stays; down into a short last row ends at its last tile.
  if (next < 0) return index % columns;
  return next < count ? next : count - 1;
}
