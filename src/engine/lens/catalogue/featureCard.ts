import { invalidInput } from '../../../protocol/errors.ts';
import type { FeatureRef } from '../../../protocol/featurePanel.ts';
import { exampleIntervals, type FeatureCard } from '../../../protocol/indexSearch.ts';
import { strengthEdges } from '../../../numerics/strengthBins.ts';
import { decodeDetail, type FeatureDetail, type StoredMap } from '../../store/featureDetail.ts';
import type { Catalogue } from './catalogue.ts';
import type { IndexedBlock } from './indexedBlock.ts';

/**
 * Everything that the index knows of one feature, with its labels.
 *
 * @throws `invalidInput` when the block has no index or the id is out of range, `model` for a damaged index
 */
export function featureCard(catalogue: Catalogue, feature: FeatureRef): FeatureCard {
  const placed = catalogue.place(feature);
  const { block, offset } = placed;
  const { id } = feature;
  const { cellsHigh, cellsWide, sampleCount, pictureCount, stepIndices } = block.summary;
  const cellCount = cellsHigh * cellsWide;
  const { facts, ...detail } = detailOf(block, id);
  const labelOf = (name: string, other: number) => {
    const found = catalogue.blocks.find((each) => each.block.summary.block === name);
    return found && other < found.block.nFeatures ? catalogue.labels.effective(found, other) : null;
  };
  const labels = catalogue.labels.labelsOf(placed, id);
  const { histogramFrom: from, histogram: counts } = facts;
  return {
    ...feature,
    figures: block.figures(id),
    label: catalogue.labels.effective(placed, id),
    labels,
    lists: catalogue.labels.listsOf(offset + id),
    nFeatures: block.nFeatures,
    cellsHigh,
    cellsWide,
    pictureCount,
    sampleCount,
    activePictureCount: block.activePictures[id]!,
    activeSampleCount: block.activeSamples[id]!,
    histogram: {
      edges: counts.length === 0 ? [] : strengthEdges.slice(from, from + counts.length + 1),
      counts,
    },
    spatialPrior: Float32Array.from(detail.prior, (level) => (level / 255) * facts.priorMax),
    stepDensities: facts.steps.map((count) => (count * stepIndices.length) / sampleCount),
    stepIndices,
    words: facts.words.map(([word, count, wordPictureCount, tfIdf, balancedAccuracy]) => ({
      word,
      pictureCount: count,
      wordPictureCount,
      tfIdf,
      balancedAccuracy,
    })),
    areWordsExact: facts.areWordsExact,
    neighbours: facts.neighbours.map(([other, cosine]) => ({
      block: feature.block,
      id: other,
      cosine,
      label: labelOf(feature.block, other),
    })),
    neighboursElsewhere: facts.elsewhere.flatMap(([stagePath, other, cosine]) => {
      const there = catalogue.blocks.find((each) => each.block.stagePath === stagePath);
      if (!there) return [];
      const name = there.block.summary.block;
      return [{ block: name, id: other, cosine, label: labelOf(name, other) }];
    }),
    coActive: facts.coActive.map(([other, pmi, count]) => ({
      block: feature.block,
      id: other,
      pmi,
      sampleCount: count,
      label: labelOf(feature.block, other),
    })),
    isCoActivityExact: facts.isCoActivityExact,
    examples: exampleIntervals.map((interval, place) => ({
      interval,
      pictures: (detail.intervals[place] ?? []).map(({ peak, map }) => ({
        ...block.example(peak),
        map: mapOf(map, peak.value, cellCount),
      })),
    })),
    areIntervalsExact: facts.areIntervalsExact,
    hardNegatives: detail.hardNegatives.map((peak) => block.example(peak)),
    randomNegatives: detail.randomNegatives.map((picture) =>
      block.example({ picture, value: 0, cell: 0, step: 0 }),
    ),
  };
}

/** @throws `invalidInput` for an index without the feature's record */
export function detailOf(block: IndexedBlock, id: number): FeatureDetail {
  const bytes = block.reader.detail(id);
  const { cellsHigh, cellsWide } = block.summary;
  if (!bytes) throw invalidInput(`The index has no record of ${block.summary.block}/${id}.`);
  return decodeDetail(bytes, {
    cellCount: cellsHigh * cellsWide,
    intervalCount: exampleIntervals.length,
  });
}

function mapOf({ cells, levels }: StoredMap, peak: number, cellCount: number): Float32Array {
  const map = new Float32Array(cellCount);
  cells.forEach((cell, i) => (map[cell] = (levels[i]! / 255) * peak));
  return map;
}
