import type { SettledReport } from '../reportManifest.ts';
import { matchedPairs, type Pair } from './matchedPairs.ts';

type Scenes = SettledReport['scenes'];
type Picture = Scenes['pictures'][number];

const known = new WeakMap<Scenes['pictures'], readonly string[]>();

/**
 * The factors of a grammar's prompts: each rule that chooses words ("style", stated at all), and each of its words
 * ("style: pixel art"). Every second picture chooses, the others score; a factor counts where in both halves enough
 * pictures state it, and enough do not. One that is stated by the same prompts as an earlier one is left out.
 */
export function factorNames({ pictures, pairsMin }: Scenes): readonly string[] {
  const found = known.get(pictures);
  if (found) return found;
  const statedBy = new Map<string, number[]>();
  pictures.forEach(({ said }, picture) => {
    for (const [rule, words] of Object.entries(said)) {
      for (const name of new Set([rule, ...words.map((word) => nameOf(rule, word))])) {
        const list = statedBy.get(name) ?? [];
        list.push(picture);
        statedBy.set(name, list);
      }
    }
  });
  const seen = new Set<string>();
  const halfSizes = [0, 1].map((rest) => Math.ceil((pictures.length - rest) / 2));
  const names = [...statedBy.keys()].sort().filter((name) => {
    const list = statedBy.get(name) ?? [];
    const key = list.join();
    if (seen.has(key)) return false;
    seen.add(key);
    return halfSizes.every((size, rest) => {
      const count = list.filter((picture) => picture % 2 === rest).length;
      return Math.min(count, size - count) >= pairsMin;
    });
  });
  known.set(pictures, names);
  return names;
}

/** The pictures that choose, and those that score: each a positive with its negative. @param name of `factorNames` */
export function factorPairs(
  pictures: readonly Picture[],
  name: string,
): { readonly choosing: readonly Pair[]; readonly testing: readonly Pair[] } {
  const isPositive = pictures.map((picture) => states(picture, name));
  const stated = statedRules(pictures, name.split(': ')[0]);
  const half = (rest: number): readonly Pair[] =>
    matchedPairs(isPositive, stated, (picture) => picture % 2 === rest);
  return { choosing: half(0), testing: half(1) };
}

/** By picture, which rules it states. @param own a rule that does not matter */
export function statedRules(
  pictures: readonly Picture[],
  own?: string,
): readonly (readonly boolean[])[] {
  const rules = [...new Set(pictures.flatMap(({ said }) => Object.keys(said)))].sort();
  const others = rules.filter((rule) => rule !== own);
  return pictures.map(({ said }) => others.map((rule) => Object.hasOwn(said, rule)));
}

/** Names of rules have no colon. */
const nameOf = (rule: string, word: string): string => `${rule}: ${word}`;

function states({ said }: Picture, name: string): boolean {
  if (Object.hasOwn(said, name)) return true;
  const [rule = ''] = name.split(': ', 1);
  return (
    Object.hasOwn(said, rule) && (said[rule] ?? []).some((word) => nameOf(rule, word) === name)
  );
}
