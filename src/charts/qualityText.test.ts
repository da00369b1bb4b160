import assert from 'node:assert/strict';
import type { PictureFit } from '../protocol/pictureFit.ts';
import { intervalText, qualityCsv, qualityMarkdown, ssimText } from './qualityText.ts';

const mean = { value: 0.99987, low: 0.99981, high: 0.99993 };
const fit: PictureFit = {
  ...{ block: 'mid.0', saeSha256: 'ab', promptsName: 'a | b', promptCount: 3, totalCount: 4 },
  ...{ firstSeed: 5, steps: 1, guidanceScale: 0, width: 128, height: 128 },
  rebuilt: { ssim: mean, pixel: { value: 1.5, low: 1, high: 2 } },
  ablated: { ssim: { ...mean, value: 0.9 }, pixel: { value: 8, low: 7, high: 9 } },
};

describe('quality as text', () => {
  it('tells an SSIM near 1 from 1', () => {
    assert.equal(ssimText(mean), '0.99987 (0.99981 to 0.99993)');
    assert.equal(intervalText(mean), '1 (1 to 1)');
  });

  it('has a line for a block that was measured in the picture but not indexed', () => {
    const [head, line, ...rest] = qualityCsv([], [fit]).trim().split('\n');
    assert.equal(line?.split(',').length, head?.split(',').length);
    assert.match(line!, /^mid\.0,all,,+ab,3,0\.99987,0\.99981,0\.99993,1\.5,1,2,0\.9,/);
    assert.deepEqual(rest, []);
  });

  it('says in Markdown on what it was measured, and how', () => {
    const text = qualityMarkdown('Mini', [], [fit], true);
    assert.match(text, /\| mid\.0 \| 3 \| 0\.99987 \(0\.99981 to 0\.99993\) \| 1\.5 \(1 to 2\) \|/);
    assert.match(text, /n: 3 of 4 prompts of a \| b, seeds from 5; 128 x 128, 1 step, guidance 0/);
    assert.match(text, /not evidence about SDXL/);
  });
});
