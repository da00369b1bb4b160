import assert from 'node:assert/strict';
import { findBlockPath } from './blockPath.ts';
import { foldDecoderNorms, foldInputScale, hasUnitDecoder } from './fold.ts';
import { proveOrientation, transpose } from './orientation.ts';
import { parseSaeManifest } from './saeManifest.ts';

describe('findBlockPath', () => {
  const cases: [string, string | undefined][] = [
    ['unet.down_blocks.2.attentions.1_k10_hidden5120_auxk256_bs4096_lr0.0001', 'unet.down_blocks.2.attentions.1'],
    ['mid_block.attentions.0', 'unet.mid_block.attentions.0'],
    ['my-unet.up_blocks.0.attentions.1', 'unet.up_blocks.0.attentions.1'],
    ['unet.up_blocks.0.attentions.12', 'unet.up_blocks.0.attentions.12'],
    ['blocks.5.hook_resid_pre', undefined],
    ['warmup_blocks.0.attentions.1', undefined],
    ['', undefined],
  ];
  it('takes the path out of longer names', () => {
    for (const [text, path] of cases) assert.equal(findBlockPath(text), path, text);
  });
});

describe('folding', () => {
  const weights = {
    dModel: 2, nFeatures: 2, encoder: Float32Array.of(1, 2, 3, 4), decoder: Float32Array.of(3, 4, 0, 0),
    preBias: Float32Array.of(2, 4), latentBias: Float32Array.of(1, 1),
  };

  it('moves the norm of a decoder row into the encoder and leaves zeros alone', () => {
    const folded = foldDecoderNorms(weights);
    assert.deepEqual([...folded.encoder], [5, 10, 3, 4]);
    assert.deepEqual([...folded.decoder], [Math.fround(0.6), Math.fround(0.8), 0, 0]);
    assert.deepEqual([...folded.latentBias], [5, 1]);
    assert.equal(hasUnitDecoder(folded), false); // the row of zeros
  });

  it('takes a factor on the samples into the weights, in either unit of codes', () => {
    assert.deepEqual([...foldInputScale(weights, 2, false).encoder], [2, 4, 6, 8]);
    assert.deepEqual([...foldInputScale(weights, 2, false).preBias], [1, 2]);
    assert.deepEqual([...foldInputScale(weights, 2, true).encoder], [1, 2, 3, 4]);
    assert.deepEqual([...foldInputScale(weights, 2, true).latentBias], [0.5, 0.5]);
  });
});

describe('orientation', () => {
  it('sees agreeing rows, and chance when strides were ignored', () => {
    const decoder = Float32Array.from({ length: 40 * 16 }, (_, i) => Math.sin(i * 78.233) * 43758.5453 % 1);
    assert.deepEqual(proveOrientation(decoder, decoder, 40, 16).alignedShare, 1);
    assert.ok(Math.abs(proveOrientation(decoder, transpose(decoder, 16, 40), 40, 16).meanCosine) < 0.1);
    assert.deepEqual(proveOrientation(new Float32Array(4), new Float32Array(4), 2, 2), { decoderRowNorm: 0, alignedShare: 0, meanCosine: 0 });
  });
});

describe('sae.json', () => {
  it('names what is wrong', () => {
    assert.throws(() => parseSaeManifest('{'), { code: 'model', message: /not JSON/ });
    assert.throws(() => parseSaeManifest('{"version":2}'), /version 2; this Featurescope reads version 1/);
    assert.throws(() => parseSaeManifest('{"format":"featurescope-sae","version":1,"dModel":0}'), /not valid at "dModel"/);
  });
});
