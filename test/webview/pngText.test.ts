import assert from 'node:assert/strict';
import { decode, encode } from 'fast-png';
import { withPngText } from '../../webview/features/pngText.ts';

describe('text inside a saved map', () => {
  it('is a chunk that other programs read, whatever the prompt is written in', () => {
    const png = encode({ width: 2, height: 1, data: new Uint8Array(6), channels: 3, depth: 8 });
    const value = { prompt: 'ein Apfel, “красный” 🍎', seed: 7 };
    const { text, width } = decode(withPngText(png, 'featurescope-map', value), { checkCrc: true });
    assert.equal(width, 2);
    assert.deepEqual(JSON.parse(text['featurescope-map'] ?? ''), value);
  });
});
