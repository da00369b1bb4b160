import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type BlockMeans, type ChosenFeature, transferChoice } from './transferChoice.ts';

const names = (list: readonly ChosenFeature[]): readonly string[] =>
  list.map(({ block, feature }) => `${block}/${feature}`);

describe('features that tell two prompts apart', () => {
  // Block a has ten times the scale of block b; feature 3 of b is the same share of both runs.
  const blocks: readonly BlockMeans[] = [
    { block: 'a', edited: new Map([[1, 30], [2, 50]]), original: new Map([[1, 60], [2, 20]]) }, // prettier-ignore
    { block: 'b', edited: new Map([[3, 5], [4, 15]]), original: new Map([[3, 5], [5, 15]]) }, // prettier-ignore
  ];

  it('raw: shares over all blocks', () => {
    // Both runs sum to 100: shares are hundredths.
    const { added, removed } = transferChoice(blocks, 10, 'raw');
    assert.deepEqual([names(added), names(removed)], [['a/2', 'b/4'], ['a/1', 'b/5']]); // prettier-ignore
    const rounded = [...added, ...removed].map(({ score }) => Math.round(score * 1e12) / 1e12);
    assert.deepEqual(rounded, [0.3, 0.15, -0.3, -0.15]);
    assert.deepEqual(names(transferChoice(blocks, 1, 'raw').removed), ['a/1']);
  });

  it('normalised: shares of each block', () => {
    // a: 50/80 - 20/80 = 0.375; b: 15/20 = 0.75.
    const { added, removed } = transferChoice(blocks, 10, 'normalised');
    assert.deepEqual([names(added), names(removed)], [['b/4', 'a/2'], ['b/5', 'a/1']]); // prettier-ignore
    assert.deepEqual(added.map(({ score }) => score), [0.75, 0.375]); // prettier-ignore
  });

  it('a run in which nothing is active has no shares', () => {
    const one = [{ block: 'a', edited: new Map([[7, 2]]), original: new Map<number, number>() }];
    const { added, removed } = transferChoice(one, 3, 'raw');
    assert.deepEqual([added, removed], [[{ block: 'a', feature: 7, score: 1 }], []]);
  });

  const means = fc
    .dictionary(fc.integer({ min: 0, max: 9 }).map(String), fc.integer({ min: 1, max: 50 }))
    .map((values) => new Map(Object.entries(values).map(([id, value]) => [Number(id), value])));
  const some = fc
    .array(fc.record({ edited: means, original: means }), { minLength: 1, maxLength: 4 })
    .map((list) => list.map((runs, b): BlockMeans => ({ block: `block ${b}`, ...runs })));

  it('never takes a score of 0 or of the wrong sign, or more than there are to be', () => {
    fc.assert(
      fc.property(some, fc.integer({ min: 0, max: 12 }), (list, count) => {
        for (const kind of ['raw', 'normalised'] as const) {
          const { added, removed } = transferChoice(list, count, kind);
          assert.ok(added.length <= count && removed.length <= count);
          assert.ok(added.every(({ score }) => score > 0) && removed.every(({ score }) => score < 0)); // prettier-ignore
          const all = names([...added, ...removed]);
          assert.equal(new Set(all).size, all.length);
        }
      }),
    );
  });

  it('runs exchanged: what was added is removed; one run twice: nothing', () => {
    fc.assert(
      fc.property(some, (list) => {
        for (const kind of ['raw', 'normalised'] as const) {
          const turned = list.map(({ block, edited, original }) => ({ block, edited: original, original: edited })); // prettier-ignore
          const [own, other] = [transferChoice(list, 5, kind), transferChoice(turned, 5, kind)];
          assert.deepEqual(names(own.added), names(other.removed));
          assert.deepEqual(names(own.removed), names(other.added));
          const same = list.map(({ block, edited }) => ({ block, edited, original: edited }));
          assert.deepEqual(transferChoice(same, 5, kind), { added: [], removed: [] });
        }
      }),
    );
  });

  it('normalised shares do not depend on the scale of a block, a power of two exactly', () => {
    fc.assert(
      fc.property(some, (list) => {
        const doubled = (of: ReadonlyMap<number, number>) => new Map([...of].map(([id, value]) => [id, 4 * value])); // prettier-ignore
        const scaled = list.map(
          (each, b) =>
          b > 0 ? each : { ...each, edited: doubled(each.edited), original: doubled(each.original) }, // prettier-ignore
        );
        assert.deepEqual(transferChoice(scaled, 5, 'normalised'), transferChoice(list, 5, 'normalised')); // prettier-ignore
      }),
    );
  });
});
