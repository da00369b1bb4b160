import assert from 'node:assert/strict';
import { memorySamples } from '../../../../test/support/memorySamples.ts';
import { shuffledBatches } from './shuffledBatches.ts';

const dModel = 3;
const count = 60;
const samples = Float32Array.from({ length: count * dModel }, (_, i) => Math.floor(i / dModel));
const source = memorySamples(samples, dModel, 4);

/** The first value of each sample: its number. */
async function numbers(batchCount: number, seed: number, skip = 0): Promise<number[]> {
  const dealt: number[] = [];
  let left = batchCount;
  for await (const batch of shuffledBatches(source, { batchSize: 7, seed, skip })) {
    for (let i = 0; i < batch.length; i += dModel) dealt.push(batch[i]!);
    if (--left === 0) break;
  }
  return dealt;
}

describe('shuffledBatches', () => {
  it('deals every sample once an epoch, in another order each time', async () => {
    const dealt = await numbers(18, 5);
    const [first, second] = [dealt.slice(0, count), dealt.slice(count, 2 * count)];
    const sorted = Array.from({ length: count }, (_, i) => i);
    assert.deepEqual(
      first.toSorted((a, b) => a - b),
      sorted,
    );
    assert.deepEqual(
      second.toSorted((a, b) => a - b),
      sorted,
    );
    assert.notDeepEqual(first, second);
    assert.notDeepEqual(first, sorted);
  });

  it('goes on where it stopped', async () => {
    const whole = await numbers(30, 5);
    for (const skip of [1, 8, 9, 17]) {
      assert.deepEqual(await numbers(30 - skip, 5, skip), whole.slice(skip * 7), `skip ${skip}`);
    }
    assert.notDeepEqual(await numbers(30, 6), whole);
  });

  it('refuses fewer samples than a batch', async () => {
    const few = memorySamples(samples.subarray(0, 12), dModel, 4);
    await assert.rejects(shuffledBatches(few, { batchSize: 7, seed: 0 }).next(), {
      ...{ code: 'invalidInput', message: 'There are 4 samples, fewer than one batch of 7.' },
    });
  });

  it('reports a source that fails', async () => {
    const broken = { ...source, readGroup: () => Promise.reject(new Error('disk')) };
    await assert.rejects(shuffledBatches(broken, { batchSize: 7, seed: 0 }).next(), /disk/);
  });
});
