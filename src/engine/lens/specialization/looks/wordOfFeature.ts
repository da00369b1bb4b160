import { mannWhitney } from '../../../../numerics/mannWhitney.ts';

/** Pictures that a word needs, and pictures without it. */
const picturesMin = 5;

/**
 * The word of prompts that goes with a feature best: the least p of a Mann-Whitney test between its mean codes in
 * pictures with the word and in those without, of the words with larger codes (ties: the larger AUROC, then the alphabet).
 *
 * @param values mean codes by picture
 * @param words by picture: the different words of its prompt
 * @param pictures those that may choose
 * @returns null where no word has 5 pictures with it and 5 without, and larger codes
 */
export function wordOfFeature(
  values: ArrayLike<number>,
  words: readonly (readonly string[])[],
  pictures: readonly number[],
): string | null {
  const places = new Map<string, Set<number>>();
  for (const picture of pictures) {
    for (const word of words[picture] ?? []) {
      places.set(word, (places.get(word) ?? new Set<number>()).add(picture));
    }
  }
  const valueOf = (picture: number): number => values[picture] ?? 0;
  const found = [...places].flatMap(([word, having]) => {
    const without = pictures.filter((picture) => !having.has(picture));
    if (having.size < picturesMin || without.length < picturesMin) return [];
    const { auc, pValue } = mannWhitney([...having].map(valueOf), without.map(valueOf));
    return auc > 0.5 ? [{ word, auc, pValue }] : [];
  });
  found.sort((a, b) => a.pValue - b.pValue || b.auc - a.auc || (a.word < b.word ? -1 : 1));
  return found[0]?.word ?? null;
}
