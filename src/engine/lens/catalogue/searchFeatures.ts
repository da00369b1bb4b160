import { invalidInput } from '../../../protocol/errors.ts';
import type {
  FeatureRow,
  FeatureSort,
  SearchParams,
  SearchResult,
} from '../../../protocol/indexSearch.ts';
import { wordsOf } from '../indexing/promptWords.ts';
import type { Catalogue } from './catalogue.ts';
import type { IndexedBlock } from './indexedBlock.ts';

const limitMax = 500;
const wordsMax = 8;
/** A word in a label says more than one in a note, that more than one of many words of prompts. */
const scores = { id: 100, label: 10, note: 3, words: 1 } as const;

interface Hit {
  score: number;
  readonly matches: FeatureRow['matches'][number][];
}

/**
 * Search, and the gallery's browsing when there is no text. Every word of the text has to be found in a feature's labels,
 * notes or prompt words; the last one by its beginning too.
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
  const isWanted = filterOf(catalogue, params);
  const found = (hits ? [...hits.keys()] : allFeatures(catalogue)).filter(isWanted);
  const sort = params.sort ?? (hits ? 'relevance' : 'density');
  sortFeatures(catalogue, found, sort, params.isAscending, hits);
  const rows = found
    .slice(offset, offset + limit)
    .map((feature) => catalogue.row(feature, hits?.get(feature)?.matches));
  return { rows, totalCount: found.length, durationMs: performance.now() - startMs };
}

const allFeatures = ({ size }: Catalogue): number[] => Array.from({ length: size }, (_, i) => i);

function findText(catalogue: Catalogue, text: string): Map<number, Hit> {
  const byId = findIds(catalogue, text);
  const words = wordsOf(text).slice(0, wordsMax);
  const last = words.length - 1;
  let found: Map<number, Hit> | undefined;
  words.forEach((word, i) => {
    const hits = findWord(catalogue, word, i === last && /[\p{L}\p{N}]$/u.test(text));
    if (!found) {
      found = hits;
      return;
    }
    for (const [feature, hit] of found) {
      const other = hits.get(feature);
      if (!other) found.delete(feature);
      else {
        hit.score += other.score;
        hit.matches.push(...other.matches);
      }
    }
  });
  const all = found ?? new Map<number, Hit>();
  for (const [feature, hit] of byId) all.set(feature, hit);
  return all;
}

/** `1674`, `#1674`, `down.2.1/1674` */
function findIds(catalogue: Catalogue, text: string): Map<number, Hit> {
  const [, name, digits] = /^(?:([\w.-]+)[/#\s]\s*|#)?(\d{1,9})$/.exec(text) ?? [];
  const hits = new Map<number, Hit>();
  if (digits === undefined) return hits;
  const id = Number(digits);
  for (const { block, offset } of catalogue.blocks) {
    if (name !== undefined && name !== block.summary.block) continue;
    if (id >= block.nFeatures) continue;
    hits.set(offset + id, { score: scores.id, matches: [{ in: 'id', text: digits }] });
  }
  return hits;
}

function findWord(catalogue: Catalogue, word: string, isPrefix: boolean): Map<number, Hit> {
  const hits = new Map<number, Hit>();
  const add = (feature: number, score: number, match: FeatureRow['matches'][number]): void => {
    const hit = hits.get(feature);
    if (!hit) hits.set(feature, { score, matches: [match] });
    else {
      if (score > hit.score) hit.score = score;
      hit.matches.push(match);
    }
  };
  for (const { feature, in: place } of catalogue.labels.search.find(word, isPrefix)) {
    add(feature, scores[place], { in: place, text: word });
  }
  for (const [feature, hit] of catalogue.words.find(word, isPrefix)) {
    add(feature, scores.words * hit.score, { in: 'words', text: hit.word });
  }
  return hits;
}

function filterOf(catalogue: Catalogue, params: SearchParams): (feature: number) => boolean {
  const { blocks, hideDead, hideAlwaysOn, labelled, list } = params;
  const members = list === undefined ? undefined : catalogue.labels.membersOf(list);
  return (feature) => {
    const { placed, id } = catalogue.featureAt(feature);
    const { block } = placed;
    if (blocks && !blocks.includes(block.summary.block)) return false;
    if (hideDead && block.isDead(id)) return false;
    if (hideAlwaysOn && block.isAlwaysOn(id)) return false;
    if (members && !members.has(feature)) return false;
    if (labelled === undefined) return true;
    const source = catalogue.labels.sourceOf(placed, id);
    return labelled === 'any' ? source !== undefined : source === labelled;
  };
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
  hits: ReadonlyMap<number, Hit> | undefined,
): void {
  const direction = isAscending === undefined ? 1 : isAscending ? -1 : 1;
  if (sort === 'id') {
    found.sort((a, b) => (isAscending === false ? b - a : a - b));
  } else if (sort === 'label') {
    const texts = new Map(
      found.map((feature) => {
        const { placed, id } = catalogue.featureAt(feature);
        return [feature, catalogue.labels.textOf(placed, id)?.toLowerCase()] as const;
      }),
    );
    const order = isAscending === false ? -1 : 1;
    found.sort((a, b) => {
      const [one, other] = [texts.get(a), texts.get(b)];
      if (one === other) return a - b;
      if (one === undefined || other === undefined) return one === undefined ? 1 : -1;
      return one < other ? -order : order;
    });
  } else {
    const values = new Float64Array(catalogue.size);
    for (const { block, offset } of catalogue.blocks) {
      if (sort !== 'relevance') values.set(block[columns[sort]], offset);
    }
    if (sort === 'relevance') hits?.forEach(({ score }, feature) => (values[feature] = score));
    found.sort((a, b) => direction * (values[b]! - values[a]!) || a - b);
  }
}
