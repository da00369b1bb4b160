import type { ExampleInterval } from '../../../protocol/indexSearch.ts';
import { type Peak, sampleSize } from './examplePlaces.ts';
import type { IndexState } from './indexState.ts';

/** The examples of one feature, before their maps are made. */
export interface ChosenExamples {
  readonly intervals: readonly {
    readonly interval: ExampleInterval;
    readonly peaks: readonly Peak[];
  }[];
  readonly areExact: boolean;
  readonly hardNegatives: readonly Peak[];
  /** Pictures without the feature. */
  readonly randomNegatives: readonly number[];
}

const shares: readonly (readonly [ExampleInterval, number, number])[] = [
  ['99-99.9', 0.99, 0.999],
  ['90-99', 0.9, 0.99],
  ['median', 0.4, 0.6],
];
const randomNegativesKept = 16;

/**
 * Chooses pictures by where their peak lies among the feature's active pictures: rank share `(i + 0.5) / m` of the even
 * sample's m peaks, ascending. Pictures that are among the strongest are shown there only; in an interval those come
 * first whose indices hash lowest, so the choice is even and does not change with the order of pictures.
 */
export function examplesOf(state: IndexState, id: number): ChosenExamples {
  const { examplesPerInterval: kept } = state.shape;
  const top = state.strongest.of(id);
  const inTop = new Set(top.map(({ picture }) => picture));
  const even = state.sample.of(id);
  const ascending = [...even].sort((a, b) => a.value - b.value || a.picture - b.picture);
  const rank = new Map(ascending.map(({ picture }, i) => [picture, (i + 0.5) / even.length]));
  const between = (low: number, high: number): Peak[] =>
    even.filter(({ picture }) => {
      const share = rank.get(picture)!;
      return share >= low && share < high && !inTop.has(picture);
    });
  const negatives: number[] = [];
  // A start of its own for each feature, or all would show the same pictures.
  for (let i = 0; i < state.panel.length && negatives.length < randomNegativesKept; i++) {
    const place = (i + id * 37) % state.panel.length;
    if (!state.isActiveInPanel(id, place)) negatives.push(state.panel[place]!);
  }
  return {
    intervals: [
      { interval: 'top', peaks: top },
      ...shares.map(([interval, low, high]) => ({
        interval,
        peaks: between(low, high)
          .slice(0, kept)
          .sort((a, b) => b.value - a.value),
      })),
      { interval: 'random', peaks: even.slice(0, kept) },
    ],
    areExact: even.length < sampleSize,
    hardNegatives: state.nearMisses.of(id),
    randomNegatives: negatives,
  };
}
