import assert from 'node:assert/strict';
import { colourScale, colourScaleSteps, parseColour } from './colourScale.ts';

const colourAt = (name: Parameters<typeof colourScale>[0], step: number) =>
  [...colourScale(name).subarray(step * 3, step * 3 + 3)] as const;

/** Relative luminance, linear light. */
function luminance([red, green, blue]: readonly number[]): number {
  const linear = (value = 0) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

describe('colourScale', () => {
  it('ends at the published colours', () => {
    assert.deepEqual(colourAt('viridis', 0), [0x44, 0x01, 0x54]);
    assert.deepEqual(colourAt('viridis', colourScaleSteps - 1), [0xfd, 0xe7, 0x25]);
    assert.deepEqual(colourAt('cividis', 0), [0, 32, 81]);
  });

  for (const name of ['viridis', 'cividis'] as const) {
    it(`gets lighter with the value all along ${name}`, () => {
      for (let step = 8; step < colourScaleSteps; step += 8) {
        assert.ok(luminance(colourAt(name, step)) > luminance(colourAt(name, step - 8)), `${step}`);
      }
    });
  }

  it('is blue below, pale in the middle and red above when it diverges', () => {
    const [lowRed, , lowBlue] = colourAt('diverging', 20);
    const [highRed, , highBlue] = colourAt('diverging', 235);
    assert.ok(lowBlue! > lowRed! && highRed! > highBlue!);
    assert.ok(luminance(colourAt('diverging', 128)) > 0.85);
  });

  it('refuses what is not a colour', () => {
    assert.throws(() => parseColour('red'), /Not a colour: red/);
    assert.deepEqual(parseColour('#0a0B0c'), [10, 11, 12]);
  });
});
