import assert from 'node:assert/strict';
import { decode, encode } from 'fast-png';
import { withPngText } from './pngText.ts';
import { wrapLines } from './wrapLines.ts';

describe('what is written into a saved map', () => {
  it('is a text chunk that other programs read, whatever the prompt is written in', () => {
    const png = encode({ width: 2, height: 1, data: new Uint8Array(6), channels: 3, depth: 8 });
    const value = { prompt: 'ein Apfel, “красный” 🍎', seed: 7 };
    const { text, width } = decode(withPngText(png, 'featurescope-map', value), { checkCrc: true });
    assert.equal(width, 2);
    assert.deepEqual(JSON.parse(text['featurescope-map'] ?? ''), value);
  });

  it('breaks captions at spaces, and words only where they are too long', () => {
    const widthOf = (text: string): number => text.length;
    assert.deepEqual(wrapLines('a red apple on grass', 9, widthOf), ['a red', 'apple on', 'grass']);
    assert.deepEqual(wrapLines('an applejack', 4, widthOf), ['an', 'appl', 'ejac', 'k']);
    assert.deepEqual(wrapLines('', 4, widthOf), []);
  });
});
