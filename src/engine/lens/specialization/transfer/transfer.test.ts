import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { BaseRun } from '../../../pipeline/baseRun.ts';
import { openGrammar } from '../../prompts/grammarSource.ts';
import { pairKinds } from '../../prompts/promptPairs.ts';
import type { PromptSource } from '../../prompts/promptSource.ts';
import { isAnywhere, pairMasks } from './pairMasks.ts';
import { settleTransfer } from './settleTransfer.ts';

const size = { width: 128, height: 128 };
const grammar = join(import.meta.dirname, '../../../../../models/mini/prompts.json');

/** A picture of one colour with a square of another in its middle, or without. */
function runOf(hasSquare: boolean): BaseRun {
  const rgb = new Uint8Array(3 * 128 * 128).fill(40);
  for (let y = 48; hasSquare && y < 64; y++) {
    for (let x = 48; x < 64; x++) rgb.set([230, 40, 40], 3 * (128 * y + x));
  }
  return { picture: { ...size, rgb } } as unknown as BaseRun;
}

describe('pairs of prompts of a report', () => {
  const runs = { original: runOf(true), edited: runOf(false) };
  const cellsOf = (mask: Float32Array) => [...mask].flatMap((weight, cell) => (weight > 0 ? [cell] : [])); // prettier-ignore

  it('masks: a cell counts that the foreground touches; nothing found is everywhere', () => {
    const where = { original: 'foreground', edited: 'foreground' } as const;
    const { original, edited } = pairMasks(where, runs, 8, 8);
    // Pixels 48 to 63 are the fourth row and column of 8.
    assert.deepEqual(cellsOf(original), [3 * 8 + 3]);
    assert.equal(cellsOf(edited).length, 64);
    const pair = { kind: '', original: '', edited: '', seed: 0, partner: 0, where };
    assert.ok(isAnywhere(pair, runs));
    // One mask may count in both runs; then the other need not be found.
    const shared = { ...where, shared: 'original' } as const;
    assert.deepEqual(cellsOf(pairMasks(shared, runs, 8, 8).edited), [27]);
    assert.ok(!isAnywhere({ ...pair, where: shared }, runs));
  });

  it('masks: background is the rest, painted cells count where they are touched', () => {
    const painted = { kind: 'cells' as const, cellsHigh: 4, cellsWide: 4, weights: [0.1, ...Array<number>(15).fill(0)] }; // prettier-ignore
    const where = { original: 'background', edited: painted } as const;
    const { original, edited } = pairMasks(where, runs, 8, 8);
    // The square fills one cell, which has no background left.
    assert.equal(cellsOf(original).length, 63);
    assert.deepEqual(cellsOf(edited), [0, 1, 8, 9]);
  });

  it('kinds take turns; partners are of another kind, and stay', async () => {
    const source = await openGrammar(grammar, 1);
    const wish = { editCount: 3, frontCount: 1000 };
    const made = await settleTransfer(wish, source, size, 5);
    if (typeof made === 'string') throw new Error(made);
    assert.deepEqual(made.pairs.slice(0, 9).map(({ kind }) => kind), [...pairKinds]); // prettier-ignore
    assert.equal(made.frontCount, 27);
    for (const [index, { kind, partner, seed, edited }] of made.pairs.entries()) {
      assert.notEqual(made.pairs[partner]?.kind, kind);
      assert.notEqual(made.pairs[partner]?.edited, edited);
      assert.equal(seed, 5 + index);
    }
    assert.deepEqual(await settleTransfer(wish, source, size, 5), made);
  });

  it('says why there are none', async () => {
    const lines = { title: 'a.txt' } as PromptSource;
    assert.equal(
      await settleTransfer({}, lines, size, 0),
      'a.txt is a file of prompts: give a file of edits too.',
    );
  });
});
