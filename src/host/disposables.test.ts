import assert from 'node:assert/strict';
import { Disposables } from './disposables.ts';

describe('Disposables', () => {
  it('ends what it owns in reverse order, once, and latecomers at once', () => {
    const ended: string[] = [];
    const owned = new Disposables();
    const thing = (name: string) => ({ dispose: () => ended.push(name) });
    owned.add(thing('first'));
    owned.add(thing('second'));
    owned.dispose();
    owned.dispose();
    assert.deepEqual(ended, ['second', 'first']);
    owned.add(thing('late'));
    assert.deepEqual(ended, ['second', 'first', 'late']);
  });
});
