import type { SettledReport } from '../reportManifest.ts';
import { matchedPairs, type Pair } from './matchedPairs.ts';
import { statedRules } from './statedFactors.ts';

type Scenes = SettledReport['scenes'];

/**
 * What the noise decides and no prompt states. Every second picture chooses, the others score; it counts where in both
 * halves enough pictures have it, and enough lack it.
 */
export function unsaidNames({ pictures, pairsMin }: Scenes): readonly string[] {
  const names = [...new Set(pictures.flatMap(({ unsaid }) => Object.keys(unsaid ?? {})))].sort();
  return names.filter((name) =>
    [0, 1].every((rest) =>
      [true, false].every(
        (has) =>
          pictures.filter(({ unsaid }, i) => i % 2 === rest && unsaid?.[name] === has).length >=
          pairsMin,
      ),
    ),
  );
}

/** Pictures that choose, and those that score: one that has it, and one that lacks it and is most like it in what is stated. */
export function unsaidPairs(
  pictures: Scenes['pictures'],
  name: string,
): { readonly choosing: readonly Pair[]; readonly testing: readonly Pair[] } {
  const isPositive = pictures.map(({ unsaid }) => unsaid?.[name] === true);
  const stated = statedRules(pictures);
  const half = (rest: number): readonly Pair[] =>
    matchedPairs(
      isPositive,
      stated,
      (picture) => picture % 2 === rest && pictures[picture]?.unsaid?.[name] !== undefined,
    );
  return { choosing: half(0), testing: half(1) };
}
