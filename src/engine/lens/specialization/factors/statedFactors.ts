import type { SettledReport } from '../reportManifest.ts';
import { matchedPairs, type Pair } from './matchedPairs.ts';

/** Something that some prompts state and others do not. */
export interface StatedFactor {
  /** "style", or "style: pixel art" for one of its words. */
  readonly name: string;
  /** Pictures that choose, and pictures that score: each a positive with its negative. */
  readonly choosing: readonly Pair[];
  readonly testing: readonly Pair[];
}

type Scenes = SettledReport['scenes'];

const known = new WeakMap<Scenes['pictures'], readonly StatedFactor[]>();

/**
 * The factors of a grammar's prompts: each rule that chooses words (stated at all), and each of its words. Every second
 * picture chooses, the others score. A factor counts where both halves have enough pairs; one that is stated by the same
 * prompts as an earlier one is left out.
 */
export function statedFactors({ pictures, pairsMin }: Scenes): readonly StatedFactor[] {
  const found = known.get(pictures);
  if (found) return found;
  const rules = [...new Set(pictures.flatMap(({ said }) => Object.keys(said)))].sort();
  const stated = pictures.map(({ said }) => rules.map((rule) => rule in said));
  const seen = new Set<string>();
  const factors = rules.flatMap((rule, r) => {
    const words = [...new Set(pictures.flatMap(({ said }) => said[rule] ?? []))].sort();
    return [undefined, ...words].flatMap((word): StatedFactor[] => {
      const isPositive = pictures.map(({ said }) =>
        word === undefined ? rule in said : (said[rule] ?? []).includes(word),
      );
      const key = isPositive.map(Number).join('');
      if (seen.has(key)) return [];
      seen.add(key);
      const others = stated.map((flags) => flags.filter((_, other) => other !== r));
      const half = (rest: number): readonly Pair[] =>
        matchedPairs(isPositive, others, (picture) => picture % 2 === rest);
      const [choosing, testing] = [half(0), half(1)];
      if (Math.min(choosing.length, testing.length) < pairsMin) return [];
      return [{ name: word === undefined ? rule : `${rule}: ${word}`, choosing, testing }];
    });
  });
  known.set(pictures, factors);
  return factors;
}
