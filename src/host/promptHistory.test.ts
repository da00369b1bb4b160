import assert from 'node:assert/strict';
import { PromptHistory } from './promptHistory.ts';

function makeHistory(stored?: unknown) {
  const memory = { value: stored };
  return new PromptHistory({
    get: () => memory.value,
    update: async (_, value) => {
      memory.value = value;
    },
  });
}

describe('PromptHistory', () => {
  it('keeps each prompt once, newest first, twenty of them', async () => {
    const history = makeHistory();
    for (let index = 0; index < 25; index++) await history.add(`prompt ${String(index)}`);
    await history.add('prompt 20');
    assert.equal(history.prompts.length, 20);
    assert.deepEqual(history.prompts.slice(0, 2), ['prompt 20', 'prompt 24']);
  });

  it('does not keep what nobody would choose again', async () => {
    const history = makeHistory();
    await history.add('  ');
    await history.add('word '.repeat(1000));
    assert.deepEqual(history.prompts, []);
  });

  it('does not trust what was stored', () => {
    assert.deepEqual(makeHistory('x').prompts, []);
    assert.deepEqual(makeHistory(['a', 7, null]).prompts, ['a']);
  });
});
