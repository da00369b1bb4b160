import assert from 'node:assert/strict';
import { join } from 'node:path';
import { acceptSae, type AcceptanceReport } from '../../src/engine/lens/acceptance.ts';
import type { HypothesisName, StageSamples } from '../../src/engine/lens/acceptanceHypotheses.ts';
import { transpose } from '../../src/engine/models/sae/orientation.ts';
import type { SaeDefinition } from '../../src/engine/models/sae/saeDefinition.ts';
import { golden, readAll } from './saeFixtures.ts';

const blocks = [
  'down_blocks.2.attentions.1',
  'mid_block.attentions.0',
  'up_blocks.0.attentions.0',
  'up_blocks.0.attentions.1',
];

/** Real samples and SAEs of a model of SDXL's architecture; test/golden/make_sae_acceptance.py says how they were made. */
async function load(): Promise<{ saes: SaeDefinition[]; samples: StageSamples[] }> {
  const tensors = await readAll(join(golden, 'acceptance.safetensors'));
  const get = (block: string, name: string) => tensors[`${block}.${name}`] ?? new Float32Array(0);
  const saes = blocks.map((block): SaeDefinition => ({
    dModel: get(block, 'pre_bias').length,
    nFeatures: get(block, 'latent_bias').length,
    k: get(block, 'k')[0] ?? 10,
    activation: 'topk-relu',
    applyDecBiasToInput: true,
    normalisation: 'none',
    target: 'update',
    blockPath: `unet.${block}`,
    encoder: get(block, 'encoder'),
    decoder: get(block, 'decoder'),
    preBias: get(block, 'pre_bias'),
    latentBias: get(block, 'latent_bias'),
    provenance: {
      format: 'sdxl-unbox',
      kind: 'SparseAutoencoder',
      formatActivation: 'topk-relu',
      sourceFiles: [],
      config: {},
      isDecoderNormFolded: false,
      notes: [],
    },
  }));
  const samples = blocks.map((block, i): StageSamples => {
    const dModel = saes[i]?.dModel ?? 0;
    const [update, output] = [get(block, 'update'), get(block, 'output')];
    const half = update.length / 2;
    const step = (stepIndex: number, from: number) => ({
      stepIndex,
      update: update.subarray(from, from + half),
      output: output.subarray(from, from + half),
    });
    return { blockPath: `unet.${block}`, dModel, steps: [step(0, 0), step(3, half)] };
  });
  return { saes, samples };
}

async function report(
  sae: SaeDefinition,
  samples: readonly StageSamples[],
  pictureCount = 8,
): Promise<AcceptanceReport> {
  const run = acceptSae({ sae, samples, pictureCount });
  for (;;) {
    const next = await run.next();
    if (next.done === true) return next.value;
  }
}

describe('acceptance report', function () {
  this.timeout(60_000);
  let saes: SaeDefinition[];
  let samples: StageSamples[];
  before(async () => ({ saes, samples } = await load()));

  it('accepts the SAEs of the four blocks, with figures a step', async () => {
    for (const sae of saes) {
      const { verdict, perStep, overall } = await report(sae, samples);
      assert.deepEqual([verdict.status, verdict.name], ['accepted', 'as-declared'], verdict.text);
      assert.deepEqual(
        perStep.map(({ stepIndex }) => stepIndex),
        [0, 3],
      );
      for (const { figures } of perStep) {
        assert.ok(
          figures.rSquared > 0.95 && figures.explainedVariance > 0.85,
          JSON.stringify(figures),
        );
        assert.ok(figures.l0 > 9 && figures.l0 <= 10);
      }
      assert.equal(overall.cellCount, 80);
      assert.ok(overall.deadShare < 0.05); // the fixture keeps live features only
    }
  });

  const planted: [HypothesisName, string, (sae: SaeDefinition, index: number) => SaeDefinition][] =
    [
      [
        'another-block',
        "another block's",
        (sae, i) => ({ ...sae, blockPath: `unet.${blocks[(i + 1) % 4] ?? ''}` }),
      ],
      [
        'transposed',
        'decoder read without its strides',
        (sae) => ({ ...sae, decoder: transpose(sae.decoder, sae.dModel, sae.nFeatures) }),
      ],
      [
        'transposed',
        'encoder transposed',
        (sae) => ({ ...sae, encoder: transpose(sae.encoder, sae.nFeatures, sae.dModel) }),
      ],
      ['order-swapped', 'TopK and ReLU swapped', (sae) => ({ ...sae, activation: 'relu-topk' })],
      [
        'b-pre-dropped',
        'b_pre dropped',
        (sae) => ({ ...sae, preBias: new Float32Array(sae.dModel) }),
      ],
      ['b-pre-dropped', 'b_pre not subtracted', (sae) => ({ ...sae, applyDecBiasToInput: false })],
      ['output-instead-of-update', 'output instead of ΔD', (sae) => ({ ...sae, target: 'output' })],
    ];
  for (const [name, what, plant] of planted) {
    it(`fails a bad SAE by name: ${what}`, async () => {
      for (const [index, sae] of saes.entries()) {
        const { verdict } = await report(plant(sae, index), samples);
        assert.deepEqual(
          [verdict.status, verdict.name],
          ['rejected', name],
          `${sae.blockPath ?? ''}: ${verdict.text}`,
        );
      }
    });
  }

  it('finds a normaliser that was left out', async () => {
    const [sae] = saes;
    if (sae === undefined) throw new Error('no SAE');
    const factor = 0.09; // trained on samples times this: what a file says that was not folded
    const unfolded = {
      ...sae,
      encoder: sae.encoder.map((v) => v / factor),
      decoder: sae.decoder.map((v) => v * factor),
      preBias: sae.preBias.map((v) => v * factor),
    };
    const { verdict } = await report(unfolded, samples);
    assert.deepEqual([verdict.status, verdict.name], ['rejected', 'normaliser'], verdict.text);
  });

  it('says that it cannot tell when nothing explains the samples', async () => {
    const [sae] = saes;
    if (sae === undefined) throw new Error('no SAE');
    const noise = (values: Float32Array) => values.map((_, i) => Math.sin(i * 12.9898) * 0.1);
    const { verdict } = await report(
      { ...sae, encoder: noise(sae.encoder), decoder: noise(sae.decoder) },
      samples,
    );
    assert.equal(verdict.status, 'doubtful', verdict.text);
  });

  it('does not judge by too few pictures', async () => {
    const [sae] = saes;
    if (sae === undefined) throw new Error('no SAE');
    const { verdict } = await report(sae, samples, 3);
    assert.equal(verdict.status, 'doubtful');
    assert.match(verdict.text, /3 pictures are too few/);
  });

  it('asks for samples of the SAE’s own stage and stops when it is told to', async () => {
    const [sae] = saes;
    if (sae === undefined) throw new Error('no SAE');
    await assert.rejects(report(sae, samples.slice(1)), {
      code: 'invalidInput',
      message: /no samples of unet.down_blocks/,
    });
    const run = acceptSae({ sae, samples, pictureCount: 8 }, AbortSignal.abort());
    await assert.rejects(run.next(), { code: 'cancelled' });
  });
});
