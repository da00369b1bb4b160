import assert from 'node:assert/strict';
import { litCells } from './litCells.ts';
import { markedObjectsBehind } from './markedObjects.ts';

describe('pictures behind a bar of objects’ cells', () => {
  it('cells keep their light by share, the others a quarter of it', () => {
    const picture = { width: 8, height: 4, rgb: new Uint8Array(8 * 4 * 3).fill(200) };
    // Two rows of four cells, two pixels wide.
    const { rgb } = litCells(picture, Float32Array.of(0, 1, 0.5, 0, 0, 0, 0, 1));
    const at = (x: number, y: number): number => rgb[3 * (y * 8 + x)]!;
    assert.deepEqual([at(0, 0), at(2, 0), at(3, 1), at(4, 0), at(6, 3)], [50, 200, 200, 125, 200]);
  });

  it('takes each noun of the measuring pictures, from the lowest IoU to the highest', async () => {
    const none = { ids: [], counts: [], cells: [] };
    const scene = (number: number, cells: readonly number[]) => ({
      scene: number,
      nouns: [{ noun: 'cat', cells: 4 }],
      blocks: {
        'mid.0': {
          ...{ cellCount: 4, stepCount: 1, masks: [[0, 1]] },
          active: {
            feature: { ids: [3, 7], counts: [1, cells.length], cells: [2, ...cells] },
            ...{ random: none, channel: none },
          },
        },
      },
    });
    const row = (noun: string) => ({
      ...{ kind: 'maskScore' as const, block: 'mid.0', arm: 'feature' as const, noun, feature: 7 },
      ...{ iou: 0.5, shuffled: 0.2, choosing: 4, measuring: 4 },
    });
    const masks = () => Promise.resolve([scene(1, [0, 1]), scene(2, [0]), scene(3, [1, 2])]);
    const found = await markedObjectsBehind('mask mid.0 feature', [row('cat'), row('dog')], { masks }); // prettier-ignore
    assert.deepEqual(
      found?.map(({ scene: number, label }) => [number, label]),
      [
        [3, 'cat: cells of mid.0/7, IoU 0.333'],
        [1, 'cat: cells of mid.0/7, IoU 1'],
      ],
    );
    assert.deepEqual([...found[0]!.active], [0, 1, 1, 0]);
    assert.deepEqual([...found[0]!.mask], [1, 1, 0, 0]);
    assert.equal(
      await markedObjectsBehind('mask mid.0 random', [row('cat')], { masks }),
      undefined,
    );
  });
});
