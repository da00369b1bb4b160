import assert from 'node:assert/strict';
import { wrapLines } from './wrapLines.ts';

describe('wrapLines', () => {
  it('breaks at spaces, and words only where they are too long', () => {
    const widthOf = (text: string): number => text.length;
    assert.deepEqual(wrapLines('a red apple on grass', 9, widthOf), ['a red', 'apple on', 'grass']);
    assert.deepEqual(wrapLines('an applejack', 4, widthOf), ['an', 'appl', 'ejac', 'k']);
    assert.deepEqual(wrapLines('', 4, widthOf), []);
  });
});
