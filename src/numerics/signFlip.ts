import { SeededDraws } from './seededDraws.ts';

/** Sign flips that are drawn where there are too many to try all. */
const flips = 999;
/** Up to so many differences all flips are tried. */
const exactMax = 9;

/**
 * Whether differences are on one side of 0 more than chance would have them: two-sided, over flips of their signs, which
 * would be as likely. Up to 9 differences all `2^n` flips: `p = #{|Σ*| ≥ |Σ|} / 2^n`, so never below `2 / 2^n`; with more
 * 999 drawn by chance: `p = (1 + #{|Σ*| ≥ |Σ|}) / 1000`.
 *
 * @param differences paired; those of units that are independent of each other
 * @source Fisher 1935 (the exact test); Phipson & Smyth 2010 (p of drawn flips is never 0)
 */
export function signFlipP(differences: readonly number[], seed: number): number {
  const count = differences.length;
  const least = Math.abs(differences.reduce((sum, value) => sum + value, 0)) - 1e-12;
  const isAsLarge = (isKept: (place: number) => boolean): boolean =>
    Math.abs(differences.reduce((sum, value, i) => sum + (isKept(i) ? value : -value), 0)) >= least;
  if (count <= exactMax) {
    let large = 0;
    for (let signs = 0; signs < 2 ** count; signs++) {
      if (isAsLarge((i) => ((signs >> i) & 1) === 1)) large++;
    }
    return large / 2 ** count;
  }
  const chance = new SeededDraws(seed);
  let large = 0;
  for (let draw = 0; draw < flips; draw++) {
    if (isAsLarge(() => chance.below(2) === 1)) large++;
  }
  return (1 + large) / (1 + flips);
}
