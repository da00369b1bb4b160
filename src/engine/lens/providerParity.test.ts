import assert from 'node:assert/strict';
import type { BlockReading } from '../../protocol/features.ts';
import { comparePictures, compareReadings } from './providerParity.ts';

/** Two cells with two slots each. */
const reading = (ids: readonly number[], values: readonly number[]): BlockReading => ({
  ...{ block: 'mid.0', path: 'mid_block.attentions.0', cellsHigh: 1, cellsWide: 2 },
  ...{ nFeatures: 9, slotCount: 2, saeSha256: '' },
  steps: [
    {
      ids: Int32Array.from(ids),
      values: Float32Array.from(values),
      norm: new Float32Array(2),
      error: new Float32Array(2),
      spread: new Float32Array(2),
    },
  ],
});

describe('compareReadings', () => {
  const wanted = reading([3, 5, 7, 0], [4, 2, 1, 0]);

  it('finds equal codes equal, whatever stands in empty slots', () => {
    const [parity] = compareReadings([wanted], [reading([3, 5, 7, 8], [4, 2, 1, 0])]);
    assert.deepEqual(parity, {
      block: 'mid.0',
      ...{ cellCount: 2, equalCellCount: 2, largestValue: 4, largestError: 0 },
    });
  });

  it('counts other strengths, and features that one side lacks', () => {
    const [closer] = compareReadings([wanted], [reading([5, 3, 7, 0], [4.5, 4, 1, 0])]);
    assert.deepEqual([closer?.equalCellCount, closer?.largestError], [2, 2.5]);
    const [extra] = compareReadings([wanted], [reading([3, 5, 7, 8], [4, 2, 1, 6])]);
    assert.deepEqual([extra?.equalCellCount, extra?.largestError], [1, 6]);
    const [lost] = compareReadings([wanted], []);
    assert.deepEqual([lost?.equalCellCount, lost?.largestError], [0, 4]);
  });
});

describe('comparePictures', () => {
  it('tells the largest and the mean difference', () => {
    const picture = (value: number) => ({
      ...{ width: 16, height: 16 },
      rgb: Uint8Array.from({ length: 768 }, (_, i) => (i % 200) + (i === 0 ? value : 0)),
    });
    assert.deepEqual(comparePictures(picture(0), picture(0)), {
      ...{ largestError: 0, meanError: 0, ssim: 1 },
    });
    const { largestError, meanError, ssim } = comparePictures(picture(0), picture(24));
    assert.deepEqual([largestError, meanError], [24, 24 / 768]);
    assert.ok(ssim < 1 && ssim > 0.9);
  });
});
