import assert from 'node:assert/strict';
import { recallPrompt, type Recall } from './promptHistory.ts';

const history = ['newest', 'middle', 'oldest'];

describe('recallPrompt', () => {
  it('goes up to the oldest and down to what was typed', () => {
    const shown: string[] = [];
    let prompt = 'typed';
    let recall: Recall | null = null;
    for (const direction of ['up', 'up', 'up', 'up', 'down', 'down', 'down', 'down'] as const) {
      const step = recallPrompt(history, prompt, recall, direction);
      if (step) ({ prompt, recall } = step);
      shown.push(step ? prompt : '-');
    }
    assert.deepEqual(shown, ['newest', 'middle', 'oldest', '-', 'middle', 'newest', 'typed', '-']);
  });

  it('passes over the prompt that is shown already', () => {
    assert.equal(recallPrompt(history, 'newest', null, 'up')?.prompt, 'middle');
    assert.equal(recallPrompt([], 'x', null, 'up'), undefined);
  });
});
