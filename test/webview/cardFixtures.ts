import type { CardContent, CardExample, CardState } from '../../src/protocol/cardPanel.ts';
import type { FeatureRef } from '../../src/protocol/featurePanel.ts';
import type { GalleryRow, GalleryState } from '../../src/protocol/galleryPanel.ts';
import { exampleIntervals, type FeatureFigures } from '../../src/protocol/indexSearch.ts';
import type { EffectiveLabel } from '../../src/protocol/labels.ts';
import type { PanelPicture } from '../../src/protocol/panelRequests.ts';

const cells = 16;

export const aLabel = (change: Partial<EffectiveLabel> = {}): EffectiveLabel => ({
  source: 'automatic',
  text: 'apple',
  note: '',
  category: '',
  confidence: 0.83,
  provenance: 'words of prompts',
  ...change,
});

export const someFigures = (change: Partial<FeatureFigures> = {}): FeatureFigures => ({
  density: 0.0123,
  pictureShare: 0.21,
  mean: 4.25,
  std: 1.5,
  max: 17.25,
  locality: 0.91,
  isDead: false,
  isAlwaysOn: false,
  ...change,
});

export const aThumbnail = (seed: number, change: Partial<PanelPicture> = {}): PanelPicture => ({
  pictureIndex: seed,
  prompt: `a red apple number ${seed} on the left and a dog on the right, on grass`,
  seed,
  uri: `/pictures/${seed}.png`,
  peak: 17.25 - seed / 10,
  stepIndex: seed % 4,
  peakCell: (9 * cells + ((seed * 5) % cells)) % (cells * cells),
  ...change,
});

/** A spot around the peak. */
function anExample(seed: number): CardExample {
  const picture = aThumbnail(seed);
  const map = new Float32Array(cells * cells);
  for (let cell = 0; cell < map.length; cell++) {
    const across = (cell % cells) - (picture.peakCell % cells);
    const down = Math.floor(cell / cells) - Math.floor(picture.peakCell / cells);
    const value = picture.peak * Math.exp(-(across * across + down * down) / 4);
    map[cell] = value < 0.5 ? 0 : value;
  }
  return { ...picture, map: map.buffer };
}

const numbers = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

/** A card with everything that cards have. */
export function aCard(feature: FeatureRef, change: Partial<CardContent> = {}): CardContent {
  const prior = Float32Array.from(
    { length: cells * cells },
    (_, cell) => Math.floor(cell / cells) / 9,
  );
  const edges = numbers(0, 24).map((bin) => 0.1 * Math.SQRT2 ** bin);
  const label = aLabel();
  return {
    ...feature,
    figures: someFigures(),
    label,
    labels: [label, aLabel({ source: 'imported', text: 'fruit', category: 'objects', provenance: 'set.json' })], // prettier-ignore
    lists: ['candidates'],
    nFeatures: 640,
    ...{ cellsHigh: cells, cellsWide: cells },
    pictureCount: 2000,
    sampleCount: 2000 * 256 * 4,
    activePictureCount: 420,
    activeSampleCount: 25_190,
    histogram: {
      edges,
      counts: edges.slice(1).map((_, bin) => (bin < 4 || bin > 15 ? 0 : Math.round(4000 * Math.exp(-((bin - 9) ** 2) / 8)))), // prettier-ignore
    },
    spatialPrior: prior.buffer,
    stepDensities: [0.01, 0.012, 0.02, 0.007],
    stepIndices: [0, 1, 2, 3],
    words: ['apple', 'red', 'fruit'].map((word, index) => ({
      word,
      pictureCount: 300 - 90 * index,
      wordPictureCount: 340,
      tfIdf: 3.2 / (index + 1),
      balancedAccuracy: 0.83 - index / 10,
    })),
    areWordsExact: true,
    neighbours: numbers(20, 5).map((id) => ({
      ...{ block: feature.block, id, cosine: 0.9 - id / 100 },
      label: id === 20 ? aLabel({ source: 'own', text: 'green apple' }) : null,
    })),
    neighboursElsewhere: [{ block: 'up.0.1', id: 3, label: null, cosine: 0.31 }],
    coActive: numbers(40, 4).map((id) => ({
      ...{ block: 'mid.0', id, pmi: 5 - (id - 40), sampleCount: 1200 },
      label: null,
    })),
    isCoActivityExact: false,
    examples: exampleIntervals.map((interval, index) => ({
      interval,
      pictures: numbers(1 + 12 * index, 8).map(anExample),
    })),
    areIntervalsExact: false,
    hardNegatives: numbers(70, 4).map((seed) => aThumbnail(seed)),
    randomNegatives: numbers(80, 4).map((seed) => aThumbnail(seed, seed === 81 ? { uri: null } : {})), // prettier-ignore
    ...change,
  };
}

export const aCardState = (change: Partial<CardState> = {}): CardState => ({
  feature: { block: 'down.2.1', id: 17 },
  isEmbedded: true,
  canGoBack: false,
  canGoForward: false,
  pinned: [],
  lists: ['candidates', 'textures'],
  labelsFile: 'featurescope-labels.tsv',
  revision: 1,
  blursContactSheets: true,
  problem: null,
  ...change,
});

export const aGalleryState = (change: Partial<GalleryState> = {}): GalleryState => ({
  blocks: ['down.2.1', 'mid.0', 'up.0.0', 'up.0.1'].map((block) => ({
    ...{ block, nFeatures: 5120, pictureCount: 2000 },
  })),
  isRead: true,
  modelTitle: 'Mini (embedded)',
  pinned: [],
  lists: ['candidates'],
  wanted: null,
  revision: 1,
  problem: null,
  ...change,
});

/** 20,480 features whose figures follow from block and id. */
export function someRows(): GalleryRow[] {
  return ['down.2.1', 'mid.0', 'up.0.0', 'up.0.1'].flatMap((block, blockIndex) => {
    return numbers(0, 5120).map((id): GalleryRow => {
      // Spread evenly, in no order.
      const spread = ((id + 1) * 0.618034 + blockIndex / 4) % 1;
      const isDead = id % 50 === 7;
      const isAlwaysOn = id % 400 === 11;
      const density = isDead ? 0 : isAlwaysOn ? 0.95 : 0.1 * spread ** 3;
      return {
        ...{ block, id, ...someFigures({ density, isDead, isAlwaysOn, mean: isDead ? 0 : 1 + 9 * ((spread * 7) % 1) }) }, // prettier-ignore
        label: id % 3 === 0 ? aLabel({ text: id % 6 === 0 ? 'apple' : 'grass' }) : null,
        words: isDead ? [] : ['apple', 'red'],
        best: isDead ? null : aThumbnail((blockIndex * 31 + id) % 97),
        matches: [],
      };
    });
  });
}
