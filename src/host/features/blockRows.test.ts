import assert from 'node:assert/strict';
import type { BlockDescription, BlockReading } from '../../protocol/features.ts';
import { blockRows, type FeatureListing, featureRows } from './blockRows.ts';
import {
  blockDescription,
  blockTooltip,
  featureDescription,
  featureTooltip,
} from './featureWords.ts';
import { isListed, parseFeatureFilter } from './featureFilter.ts';
import { parseFeature } from './parseFeature.ts';

const reading = (nFeatures = 5120): BlockReading => ({
  block: 'mid.0',
  path: 'mid_block.attentions.0',
  cellsHigh: 1,
  cellsWide: 2,
  nFeatures,
  slotCount: 2,
  saeSha256: 'aa',
  steps: [
    {
      ids: Int32Array.of(9, 4, 9, 0),
      values: Float32Array.of(3, 5, 1, 0),
      norm: new Float32Array(2),
      error: new Float32Array(2),
      spread: new Float32Array(2),
    },
  ],
});
const described = (block: string, hasSae: boolean): BlockDescription => ({
  block,
  path: `unet.${block}`,
  width: 64,
  sae: hasSae
    ? {
        sha256: 'aa',
        nFeatures: 5120,
        dModel: 64,
        rule: 'TopK 2, then ReLU',
        source: 'sdxl-unbox',
      }
    : null,
});
const [row] = blockRows([described('mid.0', true)], [reading()]);
const page: Omit<FeatureListing, 'mode'> = {
  sort: 'strength',
  filter: undefined,
  pinned: [],
  limit: 200,
  labelOf: (id) => (id === 9 ? 'Blue Sky' : undefined),
};

describe('rows of the tree', () => {
  it('lists blocks with an SAE or a reading, in the order of the model', () => {
    const names = blockRows(
      [described('down.1.0', false), described('down.2.1', true), described('mid.0', true)],
      [reading()],
    ).map(({ block }) => block);
    assert.deepEqual(names, ['down.2.1', 'mid.0']);
    assert.deepEqual(
      blockRows([], [reading()]).map(({ block }) => block),
      ['mid.0'],
    );
  });

  it('sorts active features by strength', () => {
    const { rows, hasMore } = featureRows(row!, { ...page, mode: 'active' });
    assert.deepEqual(rows, [
      { id: 4, mean: 2.5, cells: 1 },
      { id: 9, mean: 2, cells: 2, label: 'Blue Sky' },
    ]);
    assert.equal(hasMore, false);
  });

  it('lists every id in pages, pinned ones first, filtered', () => {
    const all = featureRows(row!, { ...page, mode: 'all', pinned: [4000] });
    assert.equal(all.rows.length, 200);
    assert.deepEqual(
      all.rows.slice(0, 3).map(({ id }) => id),
      [4000, 4, 9],
      'then the active ones, then the others',
    );
    const byId = featureRows(row!, { ...page, mode: 'all', sort: 'id', pinned: [4000, 7] });
    assert.deepEqual(
      byId.rows.slice(0, 4).map(({ id }) => id),
      [7, 4000, 0, 1],
    );
    assert.equal(all.hasMore, true);
    const filter = [{ from: 8, to: 10 }];
    const some = featureRows(row!, {
      ...page,
      ...{ mode: 'all', sort: 'id', filter, pinned: [4000] },
    });
    assert.deepEqual(
      some.rows.map(({ id, mean }) => [id, mean]),
      [
        [8, 0],
        [9, 2],
        [10, 0],
      ],
    );
  });

  it('lists pinned features alone', () => {
    const { rows } = featureRows(row!, { ...page, mode: 'pinned', pinned: [11, 9] });
    assert.deepEqual(
      rows.map(({ id, mean }) => [id, mean]),
      [
        [9, 2],
        [11, 0],
      ],
    );
    assert.deepEqual(featureRows(row!, { ...page, mode: 'pinned' }).rows, []);
  });

  it('lists the step that is looked at, and the last one of a picture with fewer', () => {
    const one = reading();
    const [first] = one.steps;
    const two = { ...one, steps: [first!, { ...first!, values: Float32Array.of(0, 0, 8, 0) }] };
    for (const stepIndex of [1, 5]) {
      const [last] = blockRows([], [two], stepIndex);
      assert.deepEqual(last?.active, [{ id: 9, mean: 4, cells: 1 }]);
      assert.match(featureTooltip('mid.0/9', last.active[0]!, last), /at step 2 of 2/);
    }
  });

  it('lists 20,480 features at once', () => {
    const [large] = blockRows([], [reading(20_480)]);
    const startMs = performance.now();
    featureRows(large!, { ...page, mode: 'all', limit: 400 });
    assert.ok(performance.now() - startMs < 1000);
  });

  it('says what a block is and did', () => {
    assert.equal(blockDescription(row!), '2 active · paper: abstract, spatial relations');
    const words = blockTooltip(row!).split('\n');
    assert.equal(words[0], 'unet.mid.0');
    assert.match(words[1]!, /the paper.*abstract/);
    assert.equal(words[2], '2 × 1 cells');
    assert.match(words[3]!, /TopK 2, then ReLU, 5120 features, from sdxl-unbox/);
    assert.equal(featureDescription({ id: 1, mean: 2.3456, cells: 1 }), '2.35 · 1 cell');
    assert.equal(featureDescription({ id: 1, mean: 0, cells: 0 }), '');
  });
});

const none = (): undefined => undefined;

describe('filter as text', () => {
  it('reads ids and ranges', () => {
    assert.deepEqual(parseFeatureFilter(' , '), { filter: undefined });
    assert.deepEqual(parseFeatureFilter('7, #9 20-30'), {
      filter: [
        { from: 7, to: 7 },
        { from: 9, to: 9 },
        { from: 20, to: 30 },
      ],
    });
    assert.match((parseFeatureFilter('9-3') as { problem: string }).problem, /ends before/);
    assert.equal(isListed(undefined, 3, none), true);
    assert.equal(isListed([{ from: 1, to: 2 }], 3, none), false);
  });

  it('reads words, and seeks all of them in a label', () => {
    const parsed = parseFeatureFilter('7, blue SK');
    assert.deepEqual(parsed, { filter: [{ from: 7, to: 7 }, { words: ['blue', 'sk'] }] });
    const filter = 'filter' in parsed ? parsed.filter : undefined;
    const { labelOf } = page;
    assert.deepEqual(
      [7, 8, 9].map((id) => isListed(filter, id, labelOf)),
      [true, false, true],
    );
  });

  it('reads a feature with its block or without', () => {
    assert.deepEqual(parseFeature('down.2.1/1674'), { block: 'down.2.1', id: 1674 });
    assert.deepEqual(parseFeature(' #12 '), { id: 12 });
    assert.equal(parseFeature('down.2.1'), undefined);
  });
});
