import assert from 'node:assert/strict';
import type { GalleryState } from '../../src/protocol/galleryPanel.ts';
import {
  missingPages,
  moveFocus,
  pageLength,
  type PanelState,
  queryOf,
  reduce,
  rowAt,
  startState,
} from './state.ts';

const aGalleryState = (change: Partial<GalleryState> = {}): GalleryState => ({
  blocks: ['mid.0', 'up.0.0'].map((block) => ({ block, nFeatures: 640, pictureCount: 100 })),
  ...{ isRead: true, modelTitle: 'Mini', pinned: [], lists: [], wanted: null },
  ...{ revision: 1, problem: null },
  ...change,
});

const opened = (): PanelState =>
  reduce(startState(undefined), { kind: 'snapshot', host: aGalleryState() });

describe('gallery state', () => {
  it('forgets pages of an earlier question, and answers that come late', () => {
    const state = opened();
    const { generation } = state;
    const page = { kind: 'page', page: 0, rows: [], totalCount: 7, hasAllWords: true } as const;
    assert.equal(reduce(state, { ...page, generation }).totalCount, 7);
    const next = reduce(state, { kind: 'query', query: { text: 'apple' } });
    assert.equal(reduce(next, { ...page, generation }).totalCount, undefined);
    const relabelled = reduce(state, { kind: 'snapshot', host: aGalleryState({ revision: 2 }) });
    assert.notEqual(relabelled.generation, generation);
    const pinned = aGalleryState({ pinned: [{ block: 'mid.0', id: 1 }] });
    assert.equal(reduce(state, { kind: 'snapshot', host: pinned }).generation, generation);
  });

  it('goes to the block that a command wants, once, and leaves one that is gone', () => {
    const wanted = aGalleryState({ wanted: { block: 'up.0.0', count: 1 } });
    let state = reduce(opened(), { kind: 'snapshot', host: wanted });
    assert.equal(state.query.block, 'up.0.0');
    state = reduce(state, { kind: 'query', query: { block: 'mid.0' } });
    state = reduce(state, { kind: 'snapshot', host: wanted });
    assert.equal(state.query.block, 'mid.0');
    state = reduce(state, { kind: 'snapshot', host: aGalleryState({ blocks: [] }) });
    assert.equal(state.query.block, null);
  });

  it('asks for the pages in view that it has not', () => {
    let state = opened();
    assert.deepEqual(missingPages(state, 100, 250), [0, 1, 2]);
    const { generation } = state;
    const rows = [{ id: 3 }] as never;
    state = reduce(state, {
      kind: 'page',
      generation,
      page: 1,
      rows,
      totalCount: 9,
      hasAllWords: true,
    });
    assert.deepEqual(missingPages(state, 100, 250), [0, 2]);
    assert.deepEqual(rowAt(state, pageLength), { id: 3 });
    assert.equal(rowAt(state, 0), undefined);
    const query = queryOf(reduce(state, { kind: 'query', query: { sort: 'relevance' } }), 2);
    assert.equal(query.offset, 2 * pageLength);
    assert.equal(query.sort, 'density');
  });

  it('moves by keys inside the grid', () => {
    const grid = { columns: 5, rowsInView: 3, count: 23 };
    const moves: [string, number, number | undefined][] = [
      ['ArrowRight', 22, 22],
      ['ArrowLeft', 0, 0],
      ['ArrowUp', 3, 3],
      ['ArrowDown', 3, 8],
      ['ArrowDown', 19, 22],
      ['PageDown', 1, 16],
      ['PageUp', 7, 2],
      ['End', 0, 22],
      ['Home', 9, 0],
      ['x', 9, undefined],
    ];
    for (const [key, from, to] of moves) assert.equal(moveFocus(key, from, grid), to, key);
  });
});
