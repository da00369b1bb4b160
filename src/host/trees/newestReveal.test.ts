import assert from 'node:assert/strict';
import { NewestReveal } from './newestReveal.ts';

interface Try {
  readonly id: string;
  readonly end: (outcome: 'selected' | 'nothing' | 'refused') => Promise<void>;
}

function tree() {
  const tries: Try[] = [];
  const waiting: (() => void)[] = [];
  let selected: string | undefined;
  const state = { isVisible: true };
  const reveal = new NewestReveal({
    canReveal: () => state.isVisible,
    isSelected: (id) => id === selected,
    reveal: (id) =>
      new Promise((resolve, reject) => {
        tries.push({
          id,
          end: async (outcome) => {
            if (outcome === 'selected') selected = id;
            if (outcome === 'refused') reject(new Error('Cannot resolve tree item'));
            else resolve();
            await new Promise(setImmediate);
          },
        });
      }),
    later: (act) => {
      waiting.push(act);
      return () => waiting.splice(0, waiting.indexOf(act) + 1);
    },
  });
  const wait = (): void => {
    for (const act of waiting.splice(0)) act();
  };
  const newest = (): Try => {
    const last = tries.at(-1);
    assert.ok(last, 'nothing was tried');
    return last;
  };
  return { reveal, tries, waiting, wait, newest, state };
}

describe('NewestReveal', () => {
  for (const outcome of ['refused', 'nothing'] as const) {
    it(`tries again a little later and after a refresh when the tree answered "${outcome}"`, async () => {
      const { reveal, tries, wait, newest, waiting } = tree();
      reveal.want('run-2');
      await newest().end(outcome);
      assert.equal(tries.length, 1);
      wait();
      assert.equal(tries.length, 2);
      await newest().end(outcome);
      reveal.again();
      assert.equal(tries.length, 3);
      await newest().end('selected');
      reveal.again();
      assert.equal(tries.length, 3);
      assert.equal(waiting.length, 0);
    });
  }

  it('is about the newest wish only, and an older one never lands after it', async () => {
    const { reveal, tries, newest } = tree();
    reveal.want('run-0');
    reveal.want('run-2');
    assert.equal(tries.length, 1);
    await newest().end('selected');
    assert.equal(newest().id, 'run-2');
    await newest().end('selected');
    reveal.again();
    assert.deepEqual(
      tries.map(({ id }) => id),
      ['run-0', 'run-2'],
    );
  });

  it('waits while the view is hidden, and rests after five refusals until the next refresh', async () => {
    const { reveal, tries, wait, newest, state } = tree();
    state.isVisible = false;
    reveal.want('run-1');
    assert.equal(tries.length, 0);
    state.isVisible = true;
    reveal.again();
    for (let count = 0; count < 8; count++) {
      await newest().end('refused');
      wait();
    }
    assert.equal(tries.length, 5);
    reveal.again();
    assert.equal(tries.length, 6);
  });
});
