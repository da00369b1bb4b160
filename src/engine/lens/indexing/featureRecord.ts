import { strengthBinCount } from '../../../numerics/strengthBins.ts';
import {
  decodeMap,
  encodeDetail,
  encodePeak,
  type FeatureFacts,
  type StoredPeak,
} from '../../store/featureDetail.ts';
import type { StoredFeature } from '../../store/indexDatabase.ts';
import type { ChosenExamples } from './examplesOf.ts';
import type { IndexState } from './indexState.ts';
import type { NeighbourLists } from './neighbours.ts';
import { wordsOfFeature } from './wordsOfFeature.ts';

const coActiveKept = 10;

/** One feature's row, from all that was counted. A dead feature keeps its neighbours and nothing else. */
export function storedFeature(
  id: number,
  state: IndexState,
  examples: ChosenExamples,
  neighbours: NeighbourLists,
  mapOf: (peak: StoredPeak) => Uint8Array | undefined,
): StoredFeature {
  const { sums, shape } = state;
  const sampleCount = state.donePictures * shape.cellCount * shape.stepCount;
  const isDead = sums.count[id] === 0;
  const words = isDead ? undefined : wordsOfFeature(state, id);
  const prior = sums.prior.subarray(id * shape.cellCount, (id + 1) * shape.cellCount);
  const priorMax = prior.reduce((max, value) => Math.max(max, value), 0);
  const perCell = state.donePictures * shape.stepCount;
  const facts: FeatureFacts = {
    ...histogramOf(state, id),
    steps: Array.from(
      { length: shape.stepCount },
      (_, step) => sums.stepCount[step * shape.nFeatures + id]!,
    ),
    priorMax: priorMax / perCell,
    words: (words?.words ?? []).map(
      ({ word, pictureCount, wordPictureCount, tfIdf, balancedAccuracy }) => [
        word,
        pictureCount,
        wordPictureCount,
        round(tfIdf),
        round(balancedAccuracy),
      ],
    ),
    areWordsExact: words?.areExact ?? true,
    neighbours: neighbours.own[id]!.map((each) => [each.id, round(each.cosine)]),
    elsewhere: neighbours.elsewhere[id]!.map((each) => [
      each.stagePath,
      each.id,
      round(each.cosine),
    ]),
    coActive: isDead
      ? []
      : state.coActivity
          .partnersOf(id, sums.count, sampleCount, coActiveKept)
          .map(({ id: other, pmi, count }) => [other, round(pmi), count]),
    isCoActivityExact: state.coActivity.isExact,
    areIntervalsExact: examples.areExact,
  };
  const [best] = examples.intervals[0]?.peaks ?? [];
  return {
    id,
    active_samples: sums.count[id]!,
    strength_sum: sums.sum[id]!,
    strength_squares: sums.squares[id]!,
    strength_max: sums.max[id]!,
    active_pictures: sums.activePictures[id]!,
    picture_sum: sums.pictureSum[id]!,
    picture_squares: sums.pictureSquares[id]!,
    words: (words?.telling ?? []).join(' '),
    automatic_label: words?.naming?.text ?? null,
    automatic_confidence: words?.naming?.confidence ?? null,
    best: best ? encodePeak(best) : null,
    detail: encodeDetail({
      facts,
      prior: Uint8Array.from(prior, (value) =>
        priorMax > 0 ? Math.round((value / priorMax) * 255) : 0,
      ),
      intervals: examples.intervals.map(({ peaks }) =>
        peaks.map((peak) => {
          const map = mapOf(peak);
          const empty = { cells: new Uint16Array(0), levels: new Uint8Array(0) };
          return { peak, map: map ? decodeMap(map) : empty };
        }),
      ),
      hardNegatives: examples.hardNegatives,
      randomNegatives: examples.randomNegatives,
    }),
  };
}

/** From the first bin that is not empty to the last. */
function histogramOf(
  { sums }: IndexState,
  id: number,
): Pick<FeatureFacts, 'histogramFrom' | 'histogram'> {
  const bins = sums.histogram.subarray(id * strengthBinCount, (id + 1) * strengthBinCount);
  const from = bins.findIndex((count) => count > 0);
  if (from < 0) return { histogramFrom: 0, histogram: [] };
  return { histogramFrom: from, histogram: [...bins.subarray(from, lastUsed(bins) + 1)] };
}

const lastUsed = (bins: Float64Array): number => bins.findLastIndex((count) => count > 0);

/** Six digits: more than anybody reads, less than anybody misses. */
const round = (value: number): number => Number(value.toPrecision(6));
