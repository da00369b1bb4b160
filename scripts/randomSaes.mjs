/**
 * `node scripts/randomSaes.mjs --model DIR [--out DIR/saes] [--features 5120] [--k 10]`: SAEs with random weights for
 * the four blocks that the paper studies, in our format: unit decoder rows, the encoder their transpose, as training
 * begins. For measurements at full size; they mean nothing.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeSae } from '../src/engine/models/sae/saeStore.ts';
import { readModelFolder } from '../src/engine/models/modelFolder.ts';
import { TorchGenerator } from '../src/numerics/random.ts';

const blocks = [
  'down_blocks.2.attentions.1',
  'mid_block.attentions.0',
  'up_blocks.0.attentions.0',
  'up_blocks.0.attentions.1',
];
const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    out: { type: 'string' },
    features: { type: 'string', default: '5120' },
    k: { type: 'string', default: '10' },
  },
});
if (!values.model) throw new Error('--model DIR is missing: the folder of the model.');
const folder = await readModelFolder(values.model);
const dModel = folder.unet.config.block_out_channels.at(-1);
const nFeatures = Number(values.features);
const out = values.out ?? join(folder.dir, 'saes');

for (const [index, block] of blocks.entries()) {
  const decoder = new TorchGenerator(index).randn(nFeatures * dModel); // [nFeatures, dModel]
  for (let row = 0; row < nFeatures; row++) {
    const own = decoder.subarray(row * dModel, (row + 1) * dModel);
    const norm = Math.hypot(...own);
    own.forEach((value, i) => (own[i] = value / norm));
  }
  const sae = {
    ...{ dModel, nFeatures, k: Number(values.k), activation: 'topk-relu', target: 'update' },
    ...{ applyDecBiasToInput: true, normalisation: 'none', blockPath: `unet.${block}` },
    ...{ encoder: decoder, decoder },
    preBias: new Float32Array(dModel),
    latentBias: new Float32Array(nFeatures),
    provenance: {
      ...{ format: 'featurescope', kind: 'topk', sourceFiles: [], config: {} },
      isDecoderNormFolded: false,
      notes: ['Random weights.'],
    },
  };
  const name = `${block}-n${nFeatures}`;
  const { weights } = await writeSae(join(out, name), sae, 'float32');
  console.log(`${join(out, name)}  ${(weights.sizeBytes / 1e6).toFixed(0)} MB`);
}
