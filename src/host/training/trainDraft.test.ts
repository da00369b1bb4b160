import assert from 'node:assert/strict';
import type { TrainParams, TrainPlan } from '../../protocol/training.ts';
import { parseNumbers, trainRows } from './trainDraft.ts';

const draft: TrainParams = {
  ...{ setDir: '/sets/first', dir: '/trainings/first', nFeatures: [640, 1280], k: [10] },
};
const set = {
  pictureCount: 1000,
  blocks: [
    { block: 'mid.0', dModel: 192 },
    { block: 'up.0.1', dModel: 192 },
  ],
  steps: [0, 3],
};
const sae = {
  ...{ name: 'a', block: 'mid.0', dModel: 192, nFeatures: 640, k: 10 },
  learningRate: 0.001012,
};
const plan: TrainPlan = {
  ...{ dir: '/trainings/first', saes: [sae, { ...sae, name: 'b' }], sampleCount: 512_000 },
  ...{ batchSize: 4096, stepCount: 1250, doneSteps: 0, deadAfterSteps: 125 },
  memoryBytes: 100e6,
};
const textOf = (...args: Parameters<typeof trainRows>): string =>
  trainRows(...args)
    .map(({ label, description, detail = '' }) => [label, description, detail].join('|'))
    .join('\n');

describe('the choice of what to train', () => {
  it('shows what would be trained, and its memory before it starts', () => {
    const text = textOf(draft, plan, set);
    assert.match(
      text,
      /Start\|2 SAEs, 1,250 steps\|About 100 MB of memory; 512,000 cells a block, 10 × /,
    );
    assert.match(text, /Collected set\|first, 1,000 pictures/);
    assert.match(text, /Blocks\|mid\.0, up\.0\.1/);
    assert.match(text, /Steps\|all of the set: 1, 4/);
    assert.match(text, /Features\|640 and 1,280/);
    assert.match(text, /Rule\|TopK: k features in each cell/);
    assert.match(text, /seen 10 times/);
    assert.match(text, /Learning rate\|0\.001, by the number of features/);
  });

  it('says what is made already, and what is wrong', () => {
    assert.match(textOf(draft, { ...plan, doneSteps: 600 }, set), /Go On\|.*600 steps are made/);
    const own = { ...draft, blocks: ['mid.0'], steps: [3], epochs: 1 };
    const text = textOf(own, { problem: 'k is 0' }, set);
    assert.match(text, /Not ready\|\|k is 0\n/);
    assert.match(text, /Blocks\|mid\.0\|/);
    assert.match(text, /Steps\|4\|/);
    assert.match(text, /seen 1 time\|/);
  });

  it('takes numbers with commas', () => {
    assert.deepEqual(parseNumbers('640, 1280', 2), [640, 1280]);
    for (const bad of ['', '1', '640,', '6.4', '640, 640', 'a', '-3']) {
      assert.equal(parseNumbers(bad, 2), undefined, bad);
    }
  });
});
