import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { readModelFolder } from '../../src/engine/models/modelFolder.ts';
import { createPipeline, type Pipeline } from '../../src/engine/pipeline/generate.ts';
import { ModelSessions } from '../../src/engine/pipeline/modelSessions.ts';
import { PromptEncoder } from '../../src/engine/pipeline/promptEncoder.ts';
import { RunMeter } from '../../src/engine/pipeline/runMeter.ts';
import { ClipTokenizer } from '../../src/engine/pipeline/tokenizer.ts';
import { encodePicture } from '../../src/engine/pipeline/vae.ts';
import type { SchedulerName } from '../../src/protocol/manifest.ts';
import {
  goldenTensor,
  largestDifference,
  readGoldenJson,
  readGoldenTensors,
  relativeDifference,
} from '../support/golden.ts';
import { useLargest } from '../support/useLargest.ts';
import { useOrt } from '../support/useOrt.ts';

const root = join(import.meta.dirname, '..', '..');

interface Golden {
  readonly texts: readonly {
    readonly name: string;
    readonly text: string;
    readonly encoders: readonly { readonly ids: readonly number[]; readonly removed: string }[];
  }[];
  readonly cases: readonly {
    readonly name: string;
    readonly prompt: string;
    readonly negativePrompt: string | null;
    readonly scheduler: SchedulerName;
    readonly stepCount: number;
    readonly seed: number;
    readonly guidanceScale: number;
    readonly width: number | null;
    readonly height: number | null;
  }[];
}

/** f32, of the largest value: ONNX Runtime and torch sum in different orders, and steps add up. */
const tolerance = 2e-4;
/** Of 255: a value on the border between two whole numbers may round either way. */
const pixelTolerance = 2;

describe('pipeline against diffusers', () => {
  const golden = readGoldenJson('pipeline/index.json') as Golden;
  const tensors = readGoldenTensors('pipeline/tensors.safetensors');
  const expected = (name: string): Float32Array => goldenTensor(tensors, name).data as Float32Array;
  const textNamed = (name: string): string =>
    golden.texts.find((each) => each.name === name)?.text ?? assert.fail(name);
  const options = { provider: 'cpu', threadCount: 1 } as const;
  const ort = useOrt();
  const note = useLargest();
  let pipeline: Pipeline;

  before(async () => {
    pipeline = createPipeline(await readModelFolder(join(root, 'models', 'mini')), ort, options);
  });

  it('makes the same token ids', () => {
    for (const { text, encoders } of golden.texts) {
      encoders.forEach(({ ids, removed }, index) => {
        const part = pipeline.model.textEncoders[index] ?? assert.fail();
        const tokenizer = new ClipTokenizer(part.tokenizer, part.config.max_position_embeddings);
        const got = tokenizer.encode(text);
        assert.deepEqual(got.ids, ids, text);
        assert.equal(got.cutText !== '', removed !== '', text);
      });
    }
  });

  it('makes the same hidden states and pooled output', async () => {
    const sessions = new ModelSessions(ort, pipeline.model, {
      ...options,
      unet: 'plain',
      saes: [],
    });
    const open = pipeline.model.textEncoders.map(({ name, graph }) => sessions.open(name, graph));
    const encoders = await Promise.all(open);
    const prompts = new PromptEncoder(pipeline.model);
    for (const { name, text } of golden.texts) {
      const { embedding } = await prompts.encode(text, encoders, new RunMeter());
      const hidden = relativeDifference(embedding.hiddenStates, expected(`hidden.${name}`));
      const pooled = relativeDifference(embedding.pooled, expected(`pooled.${name}`));
      note('text states and pooled, of the largest', Math.max(hidden, pooled));
      assert.ok(hidden <= tolerance && pooled <= tolerance, `${name}: ${String([hidden, pooled])}`);
    }
    await sessions.release();
  });

  let valueCount = 0;
  let differCount = 0;
  after(() => {
    console.log(
      `      values of pictures that differ: ${String(differCount)} of ${String(valueCount)}`,
    );
  });
  for (const each of golden.cases) {
    it(`makes the same picture: ${each.name}`, async () => {
      const { defaults } = pipeline.model.description;
      const steps: Float32Array[] = [];
      const { picture } = await pipeline.generate(
        {
          prompt: textNamed(each.prompt),
          negativePrompt: each.negativePrompt === null ? '' : textNamed(each.negativePrompt),
          seed: each.seed,
          steps: each.stepCount,
          guidanceScale: each.guidanceScale,
          scheduler: each.scheduler,
          width: each.width ?? defaults.width,
          height: each.height ?? defaults.height,
        },
        { onStep: (_, latents) => steps.push(latents) },
      );
      const latents = expected(`latents.${each.name}`);
      const size = latents.length / each.stepCount;
      assert.equal(steps.length, each.stepCount);
      for (const [index, got] of steps.entries()) {
        const wanted = latents.subarray(index * size, (index + 1) * size);
        const difference = relativeDifference(got, wanted);
        note(`latents, of the largest, ${each.scheduler}`, difference);
        assert.ok(difference <= tolerance, `step ${String(index)}: ${String(difference)}`);
      }
      const png = decode(readFileSync(join(root, `test/golden/pipeline/${each.name}.png`)));
      assert.deepEqual([picture.width, picture.height], [png.width, png.height]);
      const difference = largestDifference(picture.rgb, png.data);
      assert.ok(difference <= pixelTolerance, `pixels: ${String(difference)}`);
      note('difference of a pixel, of 255', difference);
      valueCount += png.data.length;
      differCount += png.data.filter((value, index) => value !== picture.rgb[index]).length;
    });
  }

  it('makes the same pictures with the U-net in one piece', async () => {
    const whole = createPipeline(pipeline.model, ort, { ...options, unet: 'plain', saes: [] });
    const each = golden.cases.find(({ guidanceScale }) => guidanceScale > 1) ?? assert.fail();
    const { defaults } = pipeline.model.description;
    const request = {
      ...defaults,
      prompt: textNamed(each.prompt),
      negativePrompt: '',
      seed: each.seed,
    };
    const inPieces = await pipeline.generate({ ...request, guidanceScale: each.guidanceScale });
    const inOne = await whole.generate({ ...request, guidanceScale: each.guidanceScale });
    // ONNX Runtime promises no equal bits between a cut and an uncut graph.
    assert.ok(largestDifference(inPieces.picture.rgb, inOne.picture.rgb) <= 1);
    await whole.release();
  });

  it('encodes a picture as diffusers does', async () => {
    const { model } = pipeline;
    const graph = model.vaeEncoder?.graph ?? assert.fail();
    const sessions = new ModelSessions(ort, model, { ...options, unet: 'plain', saes: [] });
    const session = await sessions.open('vae_encoder', graph);
    const name = golden.cases[0]?.name ?? '';
    const png = decode(readFileSync(join(root, `test/golden/pipeline/${name}.png`)));
    const picture = { width: png.width, height: png.height, rgb: png.data as Uint8Array };
    const { vaeDecoder } = model;
    const { latents } = await encodePicture(session, vaeDecoder.config, picture, new RunMeter());
    assert.ok(relativeDifference(latents, expected('encoded')) <= tolerance);
    await sessions.release();
  });
});
