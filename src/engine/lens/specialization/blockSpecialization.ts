import { meanOf } from '../../../numerics/meanOf.ts';
import { type Crossed, crossedBootstrap, type Interval, intervalOf } from './crossedBootstrap.ts';

/** One cell of the table blocks x factors. */
export interface SpecializationCell {
  /** The effect minus that of random directions of the same norm and map, at matched total effect. */
  readonly profile: Interval;
  /** What is left of the profile when the block's and the factor's means are taken away. */
  readonly interaction: Interval;
  /** The interaction's interval leaves out 0, all cells of the table together being wrong in 5 % of cases. */
  readonly isSpecial: boolean;
}

export interface Specialization {
  readonly cells: readonly (readonly SpecializationCell[])[]; // [blocks][factors]
  /** At least one cell is special. */
  readonly isAny: boolean;
}

export const specializationFormula =
  'I_bk = P_bk - mean_k(P) - mean_b(P) + mean(P) of the profiles P_bk = effect - effect of random directions, each ' +
  'factor divided by its mean effect; special: |I_bk| above the 95 % quantile of the largest |I* - I| / s over all cells';

/**
 * Specialization: the block x factor interaction of effect profiles. A factor is first divided by its mean effect over
 * all blocks and both arms, so that factors of different units can be compared. Intervals are bootstrapped over features
 * and prompts as crossed factors. Whether a cell is special is decided for all cells together (largest studentised
 * deviation), so that a table without specialization shows one in at most 5 % of cases.
 *
 * @param effects `[blocks][factors]`, each `[features][prompts]`, at matched total effect
 * @param controls the same of random directions, as many as there are features
 * @source our definition; coverage and the null are simulated in its test
 */
export function blockSpecialization(
  effects: readonly (readonly Crossed[])[],
  controls: readonly (readonly Crossed[])[],
  seed: number,
): Specialization {
  const factorCount = effects[0]?.length ?? 0;
  const blockCount = effects.length;
  const scales = Array.from({ length: factorCount }, (_, k) =>
    scaleOf([...effects, ...controls].map((factors) => factors[k] ?? [])),
  );
  const groups = effects.map((factors, b) =>
    factors.map((rows, k) =>
      rows.map((row, f) =>
        row.map((value, p) => (value - (controls[b]?.[k]?.[f]?.[p] ?? 0)) / scales[k]!),
      ),
    ),
  );
  const { means, deviations } = crossedBootstrap(groups, seed);
  const at = (b: number, k: number): number => b * factorCount + k;
  const interactions = interactionOf(means, blockCount, factorCount);
  const moved = deviations.map((each) => interactionOf(each, blockCount, factorCount));
  const spreads = interactions.map((_, i) => spreadOf(moved.map((each) => each[i]!)));
  const largest = moved.map((each) =>
    each.reduce((most, value, i) => Math.max(most, ratio(value, spreads[i]!)), 0),
  );
  largest.sort((a, b) => a - b);
  const critical = largest[Math.ceil(0.95 * largest.length) - 1] ?? Infinity;
  const cells = effects.map((_, b) =>
    Array.from({ length: factorCount }, (__, k): SpecializationCell => {
      const i = at(b, k);
      const column = (list: readonly ArrayLike<number>[]) => list.map((each) => each[i]!);
      return {
        profile: intervalOf(means[i]!, column(deviations)),
        interaction: intervalOf(interactions[i]!, column(moved)),
        isSpecial: ratio(interactions[i]!, spreads[i]!) > critical,
      };
    }),
  );
  return { cells, isAny: cells.flat().some(({ isSpecial }) => isSpecial) };
}

/** Mean size of a factor's effects; 1 where there are none. */
function scaleOf(groups: readonly Crossed[]): number {
  const all = groups.flat(2);
  const mean = all.reduce((sum, value) => sum + Math.abs(value), 0) / Math.max(1, all.length);
  return mean > 0 ? mean : 1;
}

/** `I_bk = P_bk - P_b. - P_.k + P_..` */
function interactionOf(
  profile: ArrayLike<number>,
  blockCount: number,
  factorCount: number,
): readonly number[] {
  const rows = new Float64Array(blockCount);
  const columns = new Float64Array(factorCount);
  let mean = 0;
  for (let b = 0; b < blockCount; b++) {
    for (let k = 0; k < factorCount; k++) {
      const value = profile[b * factorCount + k]!;
      rows[b]! += value / factorCount;
      columns[k]! += value / blockCount;
      mean += value / (blockCount * factorCount);
    }
  }
  return Array.from({ length: blockCount * factorCount }, (_, i) => {
    const [b, k] = [Math.floor(i / factorCount), i % factorCount];
    return profile[i]! - rows[b]! - columns[k]! + mean;
  });
}

function spreadOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

/** Without any spread nothing is shown. */
const ratio = (value: number, spread: number): number =>
  spread > 1e-12 ? Math.abs(value) / spread : 0;
