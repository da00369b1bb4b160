import type { FeatureWord } from '../../../protocol/indexSearch.ts';
import type { IndexState } from './indexState.ts';

const wordsKept = 12;
/** A word in fewer active pictures is listed on the card, but does not stand for the feature in search. */
const tellingPictures = 3;
/** Words that name nothing, however well they go with a feature: they are not listed. */
const namelessWords = new Set(
  'a an and are as at by for from has in into is it its of on or that the their to with'.split(' '),
);
/** A word must be in so many active pictures before it may name the feature, ... */
const namingPictures = 5;
/** ... and be this good a guess of where it is active. */
const namingAccuracy = 0.65;

export interface FeatureWords {
  readonly words: readonly FeatureWord[];
  readonly areExact: boolean;
  /** Those that stand for the feature in search and lists. */
  readonly telling: readonly string[];
  /** The word that tells best where the feature is active, if one does. */
  readonly naming: { readonly text: string; readonly confidence: number } | null;
}

/** The words of prompts that say most about a feature, by tf · idf (see `FeatureWord`). */
export function wordsOfFeature(state: IndexState, id: number): FeatureWords {
  const { sums, vocabulary, donePictures } = state;
  const counted = state.words.of(id);
  const active = sums.activePictures[id]!;
  const strength = sums.pictureSum[id]!;
  const words = counted
    .map(({ key, count, weight }): FeatureWord => {
      const wordPictureCount = vocabulary.pictureCount(key);
      return {
        word: vocabulary.word(key),
        pictureCount: count,
        wordPictureCount,
        tfIdf: (weight / strength) * Math.log(donePictures / wordPictureCount),
        balancedAccuracy: accuracyOf(count, wordPictureCount, active, donePictures),
      };
    })
    .filter(({ word, tfIdf }) => tfIdf > 0 && !namelessWords.has(word))
    .sort((a, b) => b.tfIdf - a.tfIdf || (a.word < b.word ? -1 : 1))
    .slice(0, wordsKept);
  const [best] = words
    .filter(
      ({ pictureCount, balancedAccuracy }) =>
        pictureCount >= namingPictures && balancedAccuracy >= namingAccuracy,
    )
    .sort((a, b) => b.balancedAccuracy - a.balancedAccuracy);
  return {
    words,
    telling: words
      .filter(({ pictureCount }) => pictureCount >= tellingPictures)
      .map(({ word }) => word),
    areExact: counted.every(({ error }) => error === 0),
    naming: best ? { text: best.word, confidence: best.balancedAccuracy } : null,
  };
}

/** Of "has the word" as a guess of "is active". 0.5 where one of the two kinds of picture does not exist. */
function accuracyOf(both: number, withWord: number, active: number, all: number): number {
  if (active === 0 || active === all) return 0.5;
  const hitRate = Math.min(both, active) / active;
  const falseRate = Math.max(0, withWord - both) / (all - active);
  return (hitRate + 1 - falseRate) / 2;
}
