import type { QualityFigures } from '../../store/indexFacts.ts';
import type { IndexState } from './indexState.ts';
import type { NeighbourLists } from './neighbours.ts';

/** Active in more than this share of pictures: always on. */
const alwaysOnShare = 0.9;

const densityEdges = Array.from({ length: 29 }, (_, i) => -7 + i / 4);

export function qualityOf(
  state: IndexState,
  neighbours: NeighbourLists,
  stepIndices: readonly number[],
): QualityFigures {
  const { sums, shape, donePictures } = state;
  const { nFeatures, cellCount, stepCount } = shape;
  const sampleCount = donePictures * cellCount * stepCount;
  const counts = new Array<number>(densityEdges.length - 1).fill(0);
  let [dead, always] = [0, 0];
  for (let id = 0; id < nFeatures; id++) {
    if (sums.count[id] === 0) {
      dead++;
      continue;
    }
    if (sums.activePictures[id]! > alwaysOnShare * donePictures) always++;
    const place = Math.floor((Math.log10(sums.count[id]! / sampleCount) + 7) * 4);
    counts[Math.min(counts.length - 1, Math.max(0, place))]! += 1;
  }
  const twins = neighbours.own.map(([nearest]) => nearest?.cosine ?? 0).sort((a, b) => a - b);
  const at = (share: number): number => twins[Math.floor(share * (twins.length - 1))] ?? 0;
  return {
    fits: state.fit.figures(stepIndices),
    deadShare: dead / nFeatures,
    alwaysOnShare: always / nFeatures,
    densityHistogram: { edges: densityEdges, counts },
    collinearity: {
      median: at(0.5),
      p95: at(0.95),
      max: twins.at(-1) ?? 0,
      shareAbove09: twins.filter((cosine) => cosine > 0.9).length / nFeatures,
    },
  };
}
