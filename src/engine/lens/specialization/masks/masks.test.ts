import assert from 'node:assert/strict';
import { SeededDraws } from '../../../../numerics/seededDraws.ts';
import type { SaeDefinition } from '../../../models/sae/saeDefinition.ts';
import { activeCells } from './activeCells.ts';
import type { ActiveCells, SceneMasks } from './maskFile.ts';
import { maskPlaces, nounMasks } from './nounMasks.ts';
import { scoreMasks } from './scoreMasks.ts';

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('objects’ cells', () => {
  const listed = (byFeature: Readonly<Record<number, readonly number[]>>): ActiveCells => {
    const found = Object.entries(byFeature).filter(([, cells]) => cells.length > 0);
    return {
      ids: found.map(([id]) => Number(id)),
      counts: found.map(([, cells]) => cells.length),
      cells: found.flatMap(([, cells]) => [...cells]),
    };
  };

  describe('masks of nouns', () => {
    // Two by four cells: the cat is likeliest in five, in one of them not likely enough; the dog in three.
    const cat = [0.9, 0.8, 0.5, 0.6, 0.49, 0.1, 0.1, 0.1];
    const dog = [0.1, 0.1, 0.4, 0.3, 0.2, 0.8, 0.8, 0.8];
    const none = cat.map((value, i) => 1 - value - dog[i]!);
    const values = Float32Array.from([...none, ...cat, ...dog]);
    const map = { classes: ['none', 'cat', 'dog'], high: 2, wide: 4, values };

    it('are where a class is likeliest and likely, if there are enough cells', () => {
      const [mask, ...others] = nounMasks(map, ['cat', 'dog', 'none']);
      assert.equal(others.length, 0);
      assert.deepEqual([mask?.noun, [...mask!.values]], ['cat', [1, 1, 1, 1, 0, 0, 0, 0]]);
      // Of classes that are as likely the first counts.
      const even = Float32Array.from([...none.map(() => 0.5), ...none.map(() => 0.5), ...none.map(() => 0)]); // prettier-ignore
      assert.deepEqual(nounMasks({ ...map, values: even }, ['cat']), []);
    });

    it('are brought to cells of another grid', () => {
      const [mask] = nounMasks(map, ['cat']);
      assert.deepEqual(maskPlaces(mask!, 2, 4), [0, 1, 2, 3]);
      assert.deepEqual(maskPlaces(mask!, 4, 8), range(16));
      // Half of each cell.
      assert.deepEqual(maskPlaces(mask!, 1, 2), [0, 1]);
      const quarter = { noun: 'cat', high: 2, wide: 4, values: Uint8Array.of(1, 0, 1, 1, 0, 0, 1, 0) }; // prettier-ignore
      assert.deepEqual(maskPlaces(quarter, 1, 2), [1]);
    });
  });

  it('the SAE’s active cells; every control has as many active in each cell', async () => {
    const [width, nFeatures] = [6, 12];
    const draws = new SeededDraws(4);
    const encoder = Float32Array.from(range(nFeatures).flatMap(() => [...draws.direction(width)]));
    const sae: SaeDefinition = {
      ...{ dModel: width, nFeatures, k: 3, activation: 'topk-relu', applyDecBiasToInput: true },
      ...{ normalisation: 'none', target: 'update', encoder, decoder: encoder },
      ...{ preBias: new Float32Array(width).fill(0.5), latentBias: new Float32Array(nFeatures) },
      provenance: {
        ...{ format: 'featurescope', kind: 'topk', sourceFiles: [], config: {} },
        ...{ isDecoderNormFolded: false, notes: [] },
      },
    };
    const updates = range(2).map(() => Float32Array.from(range(4 * width), () => draws.direction(2)[0]!)); // prettier-ignore
    const none = new Float32Array(4);
    // Cells with two, none, three and one active; in the second step none but the last.
    const steps = [
      [2, 1, 0, 0, 0, 0, 3, 2, 1, 1, 0, 0],
      [0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0],
    ].map((values) => ({
      ...{ ids: Int32Array.of(4, 7, 1, 1, 2, 3, 4, 5, 6, 4, 1, 2), values: Float32Array.from(values) }, // prettier-ignore
      ...{ norm: none, error: none, spread: none },
    }));
    const unit = (place: number) => range(width).map((i) => (i === place ? 1 : 0));
    const components = { mean: new Array<number>(width).fill(0), vectors: [unit(2), unit(0)] };
    const active = await activeCells(sae, steps, updates, { components, seed: 1 });
    assert.deepEqual(active.feature, listed({ 4: [0, 2, 3, 7], 5: [2], 6: [2], 7: [0] }));
    const perCell = ({ cells }: ActiveCells) => range(8).map((place) => cells.filter((cell) => cell === place).length); // prettier-ignore
    assert.deepEqual(perCell(active.random), [2, 0, 3, 1, 0, 0, 0, 1]);
    assert.deepEqual(perCell(active.channel), [2, 0, 3, 1, 0, 0, 0, 1]);
    // Two components have two directions that are above 0.
    assert.deepEqual(perCell(active.component!), [2, 0, 2, 1, 0, 0, 0, 1]);
    // The strongest channel of the last cell, with its sign.
    const last = [...updates[1]!.subarray(3 * width)].map((value) => value - 0.5);
    const strongest = last.map(Math.abs).indexOf(Math.max(...last.map(Math.abs)));
    const id = 2 * strongest + (last[strongest]! < 0 ? 1 : 0);
    const { ids, counts, cells } = active.channel;
    const before = counts.slice(0, ids.indexOf(id)).reduce((sum, count) => sum + count, 0);
    assert.ok(cells.slice(before, before + counts[ids.indexOf(id)]!).includes(7));
    const alone = await activeCells(sae, steps, updates, { components: undefined, seed: 1 });
    assert.equal(alone.component, undefined);
  });

  describe('scores', () => {
    const [cellCount, stepCount, block] = [16, 2, 'mid.0'];
    const masks = range(20).map((scene) => range(4 + (scene % 3)).map((i) => (3 * scene + i) % cellCount)); // prettier-ignore
    const everywhere = range(cellCount * stepCount);
    const inBoth = (mask: readonly number[]) => [...mask, ...mask.map((cell) => cell + cellCount)];
    const lines = masks.map((mask, scene): SceneMasks => {
      const isChoosing = scene % 2 === 0;
      // 1 marks the object; 2 is everywhere; 3 marks it only where nothing is chosen, 0 only where it is.
      const exact = inBoth(mask);
      const feature = listed({ 0: isChoosing ? exact.slice(1) : [], 1: exact, 2: everywhere, 3: isChoosing ? [] : exact }); // prettier-ignore
      const channel = listed({ 0: isChoosing ? exact : [], 2: everywhere });
      return {
        ...{ scene, nouns: [{ noun: scene < 3 ? 'rare' : 'cat', cells: mask.length }] },
        blocks: {
          [block]: {
            ...{ cellCount, stepCount, masks: [mask] },
            active: { feature, random: listed({ 2: everywhere }), channel, component: listed({}) },
          },
        },
      };
    });
    const scored = (noun: string, all = lines) => scoreMasks({ block, noun }, [...all].reverse());
    const measuring = masks.filter((_, scene) => scene >= 3 && scene % 2 === 1);
    const sizes = measuring.reduce((sum, mask) => sum + mask.length, 0);

    it('a feature that marks exactly the object has 1, one that is everywhere the object’s share', () => {
      const [feature, random, channel, component] = scored('cat');
      assert.deepEqual([feature?.feature, feature?.iou, feature?.choosing, feature?.measuring], [1, 1, 8, 9]); // prettier-ignore
      assert.deepEqual([random?.feature, random?.iou], [2, sizes / (cellCount * measuring.length)]);
      // What is chosen on one half is measured on the other.
      assert.deepEqual([channel?.feature, channel?.iou], [0, 0]);
      assert.deepEqual([component?.feature, component?.iou], [null, null]);
      const without = lines.map((line) => {
        const { feature, random, channel } = line.blocks[block]!.active;
        const active = { feature, random, channel };
        return { ...line, blocks: { [block]: { ...line.blocks[block]!, active } } };
      });
      assert.deepEqual(scored('cat', without), scored('cat').slice(0, 3));
    });

    it('shuffled masks are those of the next picture, and lower', () => {
      const [feature, random] = scored('cat');
      let [both, either] = [0, 0];
      for (const [i, mask] of measuring.entries()) {
        const next = measuring[(i + 1) % measuring.length]!;
        const union = new Set([...mask, ...next]).size;
        both += mask.length + next.length - union;
        either += union;
      }
      assert.ok(Math.abs(feature!.shuffled! - both / either) < 1e-12);
      assert.ok(feature!.shuffled! < 0.5);
      assert.equal(random?.shuffled, random?.iou);
    });

    it('nothing is told of a noun with too few pictures', () => {
      for (const row of [...scored('rare'), ...scored('dog')]) {
        assert.deepEqual([row.feature, row.iou, row.shuffled], [null, null, null]);
      }
      assert.deepEqual([scored('rare')[0]?.choosing, scored('rare')[0]?.measuring], [2, 1]);
    });
  });
});
