import type { FeatureRow } from '../../../protocol/indexSearch.ts';
import { wordsOf } from '../indexing/promptWords.ts';
import type { Catalogue } from './catalogue.ts';

type Place = FeatureRow['matches'][number]['in'];

const wordsMax = 8;
/** A word in a label says more than one in a note, that more than one of many words of prompts. */
const scores: Readonly<Record<Place, number>> = { id: 100, label: 10, note: 3, words: 1 };
const bits: Readonly<Record<Place, number>> = { id: 1, label: 2, note: 4, words: 8 };
const places = ['id', 'label', 'note', 'words'] as const satisfies readonly Place[];

/** What a text found, by number of the feature in the catalogue. */
export interface TextHits {
  /** 0: not found. */
  readonly scores: Float64Array;
  /** False: no feature has all words; those found have some. */
  readonly hasAllWords: boolean;
  matchesOf(feature: number): FeatureRow['matches'];
}

/** Where one word was found. */
interface WordHits {
  readonly word: string;
  readonly isPrefix: boolean;
  readonly scores: Float64Array;
  /** `bits` of the places. */
  readonly places: Uint8Array;
}

/**
 * Features in whose labels, notes or prompt words every word of a text is; where no feature has them all, those that
 * have some (`npm run eval:search`: twice as many of what a person means). The last word counts by its beginning too, as
 * long as it is being typed. A number, with or without a block before it, also finds the features of that id.
 */
export function findText(catalogue: Catalogue, text: string): TextHits {
  const words = wordsOf(text).slice(0, wordsMax);
  const isTyping = /[\p{L}\p{N}]$/u.test(text);
  const found = words.map((word, i) =>
    findWord(catalogue, word, isTyping && i === words.length - 1),
  );
  const sums = new Float64Array(catalogue.size);
  const hasAll = (feature: number): boolean => found.every((word) => word.scores[feature]! > 0);
  const needsAll = idForm.test(text) || sums.some((_, feature) => hasAll(feature));
  for (let feature = 0; feature < sums.length; feature++) {
    if (needsAll && !hasAll(feature)) continue;
    sums[feature] = found.reduce((sum, word) => sum + word.scores[feature]!, 0);
  }
  const hasAllWords = needsAll || sums.every((sum) => sum === 0);
  const ids = idsIn(catalogue, text);
  for (const feature of ids) sums[feature] = scores.id;
  return {
    scores: sums,
    hasAllWords,
    matchesOf: (feature) => [
      ...(ids.includes(feature) ? [{ in: 'id' as const, text }] : []),
      ...found.flatMap((hits) => matchesIn(catalogue, hits, feature)),
    ],
  };
}

/** `1674`, `#1674`, `down.2.1/1674` */
const idForm = /^(?:([\w.-]+)[/#\s]\s*|#)?(\d{1,9})$/;

function idsIn(catalogue: Catalogue, text: string): readonly number[] {
  const [, name, digits] = idForm.exec(text) ?? [];
  if (digits === undefined) return [];
  const id = Number(digits);
  return catalogue.blocks.flatMap(({ block, offset }) => {
    const isMeant = name === undefined || name === block.summary.block;
    return isMeant && id < block.nFeatures ? [offset + id] : [];
  });
}

function findWord(catalogue: Catalogue, word: string, isPrefix: boolean): WordHits {
  const best = new Float64Array(catalogue.size);
  const where = new Uint8Array(catalogue.size);
  const add = (feature: number, place: Place, score: number): void => {
    if (score > best[feature]!) best[feature] = score;
    where[feature]! |= bits[place];
  };
  for (const place of ['label', 'note'] as const) {
    for (const feature of catalogue.labels.search.find(place, word, isPrefix)) {
      add(feature, place, scores[place]);
    }
  }
  catalogue.words.find(word, isPrefix, (feature, score) => {
    add(feature, 'words', scores.words * score);
  });
  return { word, isPrefix, scores: best, places: where };
}

function matchesIn(
  catalogue: Catalogue,
  { word, isPrefix, places: where }: WordHits,
  feature: number,
): FeatureRow['matches'] {
  return places
    .filter((place) => (where[feature]! & bits[place]) !== 0)
    .map((place) => {
      if (place !== 'words') return { in: place, text: word };
      const { placed, id } = catalogue.featureAt(feature);
      const own = placed.block.words[id]!.split(' ');
      const longer = own.find((each) => isPrefix && each.startsWith(word));
      return { in: place, text: own.includes(word) ? word : (longer ?? word) };
    });
}
