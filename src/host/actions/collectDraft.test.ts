import assert from 'node:assert/strict';
import type { CollectParams, CollectPlan } from '../../protocol/collect.ts';
import { collectRows, parseSteps } from './collectDraft.ts';

const draft: CollectParams = {
  modelDir: '/m',
  provider: 'cpu',
  dir: '/sets/a',
  prompts: { grammar: null, seed: 0 },
  pictureCount: 1000,
};
const plan: CollectPlan = {
  dir: '/sets/a',
  pictureCount: 1000,
  savedCount: 0,
  promptsName: 'prompts.json',
  blocks: ['mid.0', 'up.0.1'],
  stepCount: 4,
  recordedSteps: [0, 3],
  guidanceScale: 0,
  width: 128,
  height: 128,
  batchSize: 16,
  updateBytes: 100e6,
  pictureBytes: 50e6,
  missingBytes: 150e6,
  freeBytes: 20e9,
  isTooLarge: false,
};
const textOf = (...args: Parameters<typeof collectRows>): string =>
  collectRows(...args)
    .map(({ label, description, detail = '' }) => [label, description, detail].join('|'))
    .join('\n');

describe('the choice of what to collect', () => {
  it('shows what would be made, and its size before it starts', () => {
    const text = textOf(draft, plan, 'Scenes');
    assert.match(text, /Start\|1,000 pictures\|100 MB of updates and up to 50 MB .*20 GB are free/);
    assert.match(text, /Scenes \(drawn from a grammar\)/);
    assert.match(text, /4, kept: 1, 4/);
    assert.match(text, /from 0, a new one for each picture/);
  });

  it('says what is there already, what does not fit and what is wrong', () => {
    assert.match(
      textOf(draft, { ...plan, savedCount: 600 }, 't'),
      /Go On\|400 pictures\|.*600 pictures are there/,
    );
    assert.match(textOf(draft, { ...plan, isTooLarge: true }, 't'), /would not hold it/);
    const text = textOf({ ...draft, blocks: ['x'] }, { problem: 'no block "x"' }, 't');
    assert.match(text, /Not ready\|\|no block "x"\n/);
    assert.match(text, /Blocks\|x\|/);
  });

  it('takes steps as people count them', () => {
    assert.deepEqual(parseSteps('1, 3-4', 4), [0, 2, 3]);
    assert.deepEqual(parseSteps('4,1,1', 4), [0, 3]);
    for (const bad of ['', '0', '5', '3-2', 'a', '1;2', '1-']) {
      assert.equal(parseSteps(bad, 4), undefined, bad);
    }
  });
});
