import { wordsOf } from '../../indexing/promptWords.ts';
import type { SceneCodes } from '../factors/sceneFile.ts';
import type { SettledReport } from '../reportManifest.ts';

type Factors = NonNullable<SettledReport['classifier']>['factors'];

/** Five digits: a line stays short, and what is read is what was measured. */
export const short = (value: number): number => Number(value.toPrecision(5));

/**
 * What a classifier saw as a vector of length 1: a product of two is the mean over factors of the Bhattacharyya
 * coefficient Σ √(p q). Classes of which several may be in a picture count with what is left to 1 as a class of its own,
 * and share 1 where they sum to more.
 *
 * @param seen as `Classifier.see`
 * @source Bhattacharyya 1943
 */
export function lookOfSeen(seen: NonNullable<SceneCodes['seen']>, factors: Factors): number[] {
  return factors.flatMap(({ name, classes, isChoice }) => {
    const own = (seen[name] ?? []).filter((_, i) => isChoice || classes[i] !== 'none');
    const sum = own.reduce((total, value) => total + Math.max(0, value), 0);
    const scale = isChoice && sum > 0 ? sum : Math.max(1, sum);
    const shares = own.map((value) => Math.max(0, value) / scale);
    const rest = Math.max(0, 1 - shares.reduce((total, value) => total + value, 0));
    const all = isChoice ? shares : [...shares, rest];
    return all.map((share) => Math.sqrt(share / factors.length));
  });
}

/** The looks of all scenes, of length 1, by scene: a product of two says how alike they are, for the report's judge. */
export function looksOfScenes(
  { judge, classifier, scenes: { pictures } }: SettledReport,
  scenes: readonly SceneCodes[],
): readonly (readonly number[])[] {
  if (judge === 'words') return looksOfWords(pictures.map(({ prompt }) => wordsOf(prompt)));
  const looks: (readonly number[])[] = [];
  for (const { scene, look, seen = {} } of scenes) {
    looks[scene] = judge === 'clip' ? (look ?? []) : lookOfSeen(seen, classifier?.factors ?? []);
  }
  return looks;
}

/** Each different word is a dimension. */
function looksOfWords(prompts: readonly (readonly string[])[]): readonly (readonly number[])[] {
  const places = new Map([...new Set(prompts.flat())].map((word, place) => [word, place]));
  return prompts.map((words) => {
    const look = new Array<number>(places.size).fill(0);
    for (const word of words) look[places.get(word) ?? 0] = 1 / Math.sqrt(words.length);
    return look;
  });
}

/** Sum of products. */
export const alike = (one: readonly number[] = [], other: readonly number[] = []): number =>
  one.reduce((sum, value, i) => sum + value * (other[i] ?? 0), 0);
