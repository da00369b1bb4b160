import { invalidInput } from '../../../protocol/errors.ts';
import type { FeatureSort, SearchParams, SearchResult } from '../../../protocol/indexSearch.ts';
import type { Catalogue } from './catalogue.ts';
import { findText, type TextHits } from './findText.ts';
import type { IndexedBlock } from './indexedBlock.ts';

const limitMax = 500;

/**
 * Search, and the gallery's browsing when there is no text.
 *
 * @throws `invalidInput` for a page out of range
 */
export function searchFeatures(catalogue: Catalogue, params: SearchParams): SearchResult {
  const startMs = performance.now();
  const { offset, limit } = params;
  if (!Number.isSafeInteger(offset) || offset < 0) {
    throw invalidInput(`offset is ${offset}; allowed are whole numbers from 0.`);
  }
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > limitMax) {
    throw invalidInput(`limit is ${limit}; allowed are whole numbers from 1 to ${limitMax}.`);
  }
  const text = params.text.trim();
  const hits = text === '' ? undefined : findText(catalogue, text);
  const found = filtered(catalogue, params, hits);
  sortFeatures(
    catalogue,
    found,
    params.sort ?? (hits ? 'relevance' : 'density'),
    params.isAscending,
    hits,
  );
  const rows = found
    .slice(offset, offset + limit)
    .map((feature) => catalogue.row(feature, hits?.matchesOf(feature)));
  const hasAllWords = hits?.hasAllWords ?? true;
  return { rows, totalCount: found.length, hasAllWords, durationMs: performance.now() - startMs };
}

function filtered(
  catalogue: Catalogue,
  { blocks, hideDead, hideAlwaysOn, labelled, list }: SearchParams,
  hits: TextHits | undefined,
): number[] {
  const members = list === undefined ? undefined : catalogue.labels.membersOf(list);
  const found: number[] = [];
  for (const placed of catalogue.blocks) {
    const { block, offset } = placed;
    if (blocks && !blocks.includes(block.summary.block)) continue;
    for (let id = 0; id < block.nFeatures; id++) {
      if (hits?.scores[offset + id] === 0) continue;
      if (hideDead && block.isDead(id)) continue;
      if (hideAlwaysOn && block.isAlwaysOn(id)) continue;
      if (members && !members.has(offset + id)) continue;
      if (labelled !== undefined) {
        const source = catalogue.labels.sourceOf(placed, id);
        if (labelled === 'any' ? source === undefined : source !== labelled) continue;
      }
      found.push(offset + id);
    }
  }
  return found;
}

const columns = {
  density: 'density',
  pictureShare: 'pictureShare',
  strength: 'mean',
  max: 'max',
  locality: 'locality',
} as const satisfies Partial<Record<FeatureSort, keyof IndexedBlock>>;

/** In place. Figures: largest first; labels: alphabetical, features without one last; ids: by block, then number. */
function sortFeatures(
  catalogue: Catalogue,
  found: number[],
  sort: FeatureSort,
  isAscending: boolean | undefined,
  hits: TextHits | undefined,
): void {
  if (sort === 'id') {
    if (isAscending === false) found.reverse();
    return;
  }
  const ranks = sort === 'label' ? labelRanks(catalogue, isAscending === false) : undefined;
  const values = ranks ?? valuesOf(catalogue, sort === 'label' ? 'density' : sort, hits);
  // Alphabet and numbers: what a person reads first comes first unless asked otherwise.
  const direction = ranks || isAscending ? -1 : 1;
  // Of two that fit equally well, the one that is seen more often says more.
  const second = sort === 'relevance' ? valuesOf(catalogue, 'pictureShare', hits) : undefined;
  found.sort(
    (a, b) =>
      direction * (values[b]! - values[a]!) || (second ? second[b]! - second[a]! : 0) || a - b,
  );
}

function valuesOf(
  catalogue: Catalogue,
  sort: Exclude<FeatureSort, 'id' | 'label'>,
  hits: TextHits | undefined,
): Float64Array {
  const values = new Float64Array(catalogue.size);
  if (sort === 'relevance') return hits?.scores ?? values;
  for (const { block, offset } of catalogue.blocks) values.set(block[columns[sort]], offset);
  return values;
}

/** Places in the alphabet, features without a label behind all others. */
function labelRanks(catalogue: Catalogue, isReversed: boolean): Float64Array {
  const ranks = catalogue.labels.alphabet().map((rank) => (isReversed ? -rank : rank));
  return ranks.map((rank) => (Math.abs(rank) === catalogue.size ? catalogue.size : rank));
}
