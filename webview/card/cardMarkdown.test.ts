import assert from 'node:assert/strict';
import type { CardContent } from '../../src/protocol/cardPanel.ts';
import type { EffectiveLabel } from '../../src/protocol/labels.ts';
import { cardMarkdown } from './cardMarkdown.ts';

const label: EffectiveLabel = {
  ...{ source: 'own', text: 'a | b\n# not a heading <b>', note: 'see *this*', category: '' },
  ...{ confidence: 0.8, provenance: 'labels.tsv' },
};
const card: CardContent = {
  ...{ block: 'mid.0', id: 7, label, labels: [label], lists: [], nFeatures: 640 },
  figures: {
    ...{ density: 0.0123, pictureShare: 0.2, mean: 4.25, std: 1, max: 17.25, locality: 0.9 },
    ...{ isDead: false, isAlwaysOn: false },
  },
  ...{ cellsHigh: 2, cellsWide: 2, pictureCount: 10, sampleCount: 40 },
  ...{ activePictureCount: 2, activeSampleCount: 3, stepDensities: [0.01], stepIndices: [0] },
  histogram: { edges: [1, 2], counts: [3] },
  spatialPrior: new ArrayBuffer(16),
  words: [
    { word: 'apple', pictureCount: 2, wordPictureCount: 3, tfIdf: 1.5, balancedAccuracy: 0.9 },
  ],
  ...{ areWordsExact: false, neighboursElsewhere: [], coActive: [], isCoActivityExact: true },
  neighbours: [{ block: 'mid.0', id: 9, label: null, cosine: 0.5 }],
  examples: [],
  ...{ areIntervalsExact: true, hardNegatives: [], randomNegatives: [] },
};

describe('cardMarkdown', () => {
  it('has every figure with what it is of, and nothing from labels as markup', () => {
    const text = cardMarkdown(card);
    const [title] = text.split('\n');
    assert.equal(title, '# mid.0/7: a \\| b \\# not a heading \\<b\\>');
    assert.match(text, /\| density \| 1\.23 % \| 40 samples/);
    assert.match(text, /\| apple \| ≤ 2 of 3 \| 1\.5 \| 0\.9 \|/);
    assert.match(text, /\| mid\.0\/9 \| 0\.5 \|/);
    assert.match(text, /see \\\*this\\\*/);
    assert.doesNotMatch(text, /## Pictures/);
  });
});
