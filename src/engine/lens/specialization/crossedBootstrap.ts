import { meanOf } from '../../../numerics/meanOf.ts';
import { studentT975 } from '../../../numerics/distributions.ts';
import { SeededDraws } from '../../../numerics/seededDraws.ts';

/** One figure measured for each of some features in each of some prompts. */
export type Crossed = readonly (readonly number[])[]; // [features][prompts]

const normal975 = 1.959963984540054;
const bootstrapCount = 2000;

/** Means over features and prompts, and how far they could lie elsewhere with other ones. */
export interface CrossedBootstrap {
  /** By group, and within it by figure. */
  readonly means: readonly number[]; // [groups · figures]
  /** What chance moved each mean by, one list a replicate. */
  readonly deviations: readonly Float64Array[]; // [replicates][groups · figures]
}

/**
 * Bootstrap of means over features and prompts as crossed factors: both are drawn anew, each by itself. A group has
 * features of its own, on which all its figures move together; the prompts are the same in all groups. With a_f and b_p
 * the means of row f and column p minus the mean of all,
 *
 *     deviation = c_F · mean(a_f*) + c_P · mean(b_p*),   c_n = sqrt(n / (n - 1)) · t_{0.975, n-1} / 1.96
 *
 * c_n undoes what a bootstrap of few units is too narrow by. A single measurement's own spread is in both a and b, so it
 * counts double: the intervals are slightly too wide rather than too narrow. Seeds are never replicates.
 *
 * @param groups `[groups][figures]`, at least 2 features a group, and the same 2 or more prompts
 * @source Owen 2007, "The pigeonhole bootstrap" (crossed factors); Hesterberg 2015, "What teachers should know about the
 *   bootstrap", section 3 (c_n); coverage is simulated in its test
 */
export function crossedBootstrap(
  groups: readonly (readonly Crossed[])[],
  seed: number,
  count = bootstrapCount,
): CrossedBootstrap {
  const parts = groups.map((figures) => figures.map((figure) => partsOf(figure)));
  const promptCount = groups[0]?.[0]?.[0]?.length ?? 0;
  for (const { rows, columns } of parts.flat()) {
    if (rows.length >= 2 && columns.length >= 2 && columns.length === promptCount) continue;
    throw new RangeError(
      `An interval over features and prompts needs 2 of each, the same prompts in all groups; got ${rows.length} and ${columns.length}.`,
    );
  }
  const draws = new SeededDraws(seed);
  const deviations = Array.from({ length: count }, () => {
    const prompts = drawn(draws, promptCount);
    return Float64Array.from(
      parts.flatMap((figures) => {
        const features = drawn(draws, figures[0]?.rows.length ?? 0);
        return figures.map(
          ({ rows, columns }) =>
            stretch(rows.length) * meanAt(rows, features) +
            stretch(promptCount) * meanAt(columns, prompts),
        );
      }),
    );
  });
  return { means: parts.flat().map(({ mean }) => mean), deviations };
}

const drawn = (draws: SeededDraws, count: number): Int32Array =>
  Int32Array.from({ length: count }, () => draws.below(count));

function meanAt(values: Float64Array, places: Int32Array): number {
  let sum = 0;
  for (const place of places) sum += values[place]!;
  return sum / places.length;
}

const stretches = new Map<number, number>();

function stretch(count: number): number {
  const known = stretches.get(count);
  if (known !== undefined) return known;
  const value = (Math.sqrt(count / (count - 1)) * studentT975(count - 1)) / normal975;
  stretches.set(count, value);
  return value;
}

interface Parts {
  readonly mean: number;
  readonly rows: Float64Array;
  readonly columns: Float64Array;
}

/** Row and column means, minus the mean of all. */
function partsOf(group: Crossed): Parts {
  const width = group[0]?.length ?? 0;
  const rows = Float64Array.from(group, meanOf);
  const mean = meanOf(rows);
  const columns = new Float64Array(width);
  for (const row of group)
    row.forEach((value, i) => (columns[i]! += (value - mean) / group.length));
  return { mean, rows: rows.map((value) => value - mean), columns };
}

/** A mean with its 95 % interval. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The interval of a mean: its deviations' quantiles at 2.5 % and 97.5 %, laid around it.
 *
 * @param deviations in any order
 */
export function intervalOf(value: number, deviations: ArrayLike<number>): Interval {
  const sorted = Float64Array.from(deviations).sort();
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const [below, above] = [sorted[Math.floor(place)] ?? 0, sorted[Math.ceil(place)] ?? 0];
    return below + (place - Math.floor(place)) * (above - below);
  };
  return { value, low: value + at(0.025), high: value + at(0.975) };
}

/** The interval of each group's mean over its features and prompts. @throws as `crossedBootstrap` */
export function crossedIntervals(groups: readonly Crossed[], seed: number): readonly Interval[] {
  const { means, deviations } = crossedBootstrap(
    groups.map((group) => [group]),
    seed,
  );
  return means.map((mean, group) =>
    intervalOf(
      mean,
      deviations.map((each) => each[group]!),
    ),
  );
}
