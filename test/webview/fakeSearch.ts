import type { GalleryQuery, GalleryRow } from '../../src/protocol/galleryPanel.ts';

/** As much of the engine's search as the gallery's tests need: every word in label or words, all filters, all sorts. */
export function searchRows(rows: readonly GalleryRow[], query: GalleryQuery) {
  const { text, blocks, hideDead, hideAlwaysOn, labelled, sort = 'density', isAscending } = query;
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = rows.filter(
    (row) =>
      (!blocks || blocks.includes(row.block)) &&
      !(hideDead && row.isDead) &&
      !(hideAlwaysOn && row.isAlwaysOn) &&
      (!labelled || row.label !== null) &&
      words.every((word) =>
        `${row.block}/${row.id} ${row.label?.text ?? ''} ${row.words.join(' ')}`.includes(word),
      ),
  );
  const value = (row: GalleryRow): number =>
    sort === 'id'
      ? row.id
      : sort === 'strength'
        ? row.mean
        : row[sort === 'max' ? 'max' : 'density'];
  const sign = isAscending ? 1 : -1;
  const sorted = found.toSorted((a, b) => sign * (value(a) - value(b)) || a.id - b.id);
  return {
    rows: sorted.slice(query.offset, query.offset + query.limit),
    totalCount: found.length,
    hasAllWords: true,
    durationMs: 3,
  };
}
