import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GenerateProgress } from '../../protocol/engine.ts';
import { modelError } from '../../protocol/errors.ts';
import type { CreateSessionParams, ValueInfo } from '../../protocol/runner.ts';
import type { TensorRef, TensorValue } from '../../protocol/tensors.ts';
import { type ModelFolder, readModelFolder } from '../models/modelFolder.ts';
import type { Ort, OrtSession } from '../ort/ort.ts';
import type { PictureRequest } from './checkRequest.ts';
import { createPipeline } from './generate.ts';

const embedded = join(import.meta.dirname, '..', '..', '..', 'models', 'mini');
const cellSize = 4;
const vocabulary = JSON.parse(
  readFileSync(join(embedded, 'tokenizer', 'vocab.json'), 'utf8'),
) as Record<string, number>;
const start = vocabulary['<|startoftext|>'] ?? NaN;
const end = vocabulary['<|endoftext|>'] ?? NaN;

type Feeds = Readonly<Record<string, TensorRef>>;

/** Stands for the runner: graphs with the shapes of the embedded model, and arithmetic that a test can foresee. */
class FakeOrt implements Ort {
  readonly created: string[] = [];
  readonly runs: { part: string; feeds: Feeds }[] = [];
  isAlive = true;
  failNext: Error | undefined;
  onRun: (part: string) => void = () => undefined;
  /** What the U-net answers for each value of its sample. */
  predict = (value: number): number => value / 2;

  createSession(params: CreateSessionParams): Promise<OrtSession> {
    const path = 'path' in params.graph ? params.graph.path : 'unet';
    const part = path.split('/').at(-2) ?? path;
    this.created.push(part);
    const failure = this.failNext;
    this.failNext = undefined;
    if (failure) return Promise.reject(failure);
    const isAlive = (): boolean => this.isAlive;
    return Promise.resolve({
      ...ports[part.replace('_2', '')],
      inputs: ports[part.replace('_2', '')]?.inputs ?? [],
      outputs: ports[part.replace('_2', '')]?.outputs ?? [],
      loadMs: 1,
      get isAlive() {
        return isAlive();
      },
      run: (feeds: Feeds) => {
        this.runs.push({ part, feeds });
        this.onRun(part);
        return Promise.resolve({ outputs: this.#answer(part, feeds), runMs: 2 });
      },
      release: () => Promise.resolve(),
    });
  }

  #answer(part: string, feeds: Feeds): Record<string, TensorValue> {
    const feed = (name: string): TensorValue => feeds[name] as TensorValue;
    const floats = (dims: readonly number[], fill: (i: number) => number): TensorValue => {
      const size = dims.reduce((a, b) => a * b, 1);
      return {
        dtype: 'float32',
        dims,
        data: Float32Array.from({ length: size }, (_, i) => fill(i)),
      };
    };
    if (part.startsWith('text_encoder')) {
      const ids = feed('input_ids').data as BigInt64Array;
      const isSecond = part.endsWith('_2');
      return {
        'hidden_states.2': floats(
          [1, ids.length, 2],
          (i) => Number(ids[i >> 1]) + (isSecond ? 0.5 : 0),
        ),
        ...(isSecond ? { text_embeds: floats([1, 3], () => Number(ids[1])) } : {}),
      };
    }
    if (part === 'unet') {
      const sample = feed('sample');
      const data = (sample.data as Float32Array).map(this.predict);
      return { out_sample: { ...sample, data } };
    }
    const [, , height = 0, width = 0] = feed('latent_sample').dims;
    return { sample: floats([1, 3, height * cellSize, width * cellSize], () => 0) };
  }

  chain = ([session]: readonly OrtSession[]): OrtSession => session ?? assert.fail();
  releaseTensors = (): Promise<void> => Promise.resolve();
  version = (): Promise<string> => Promise.resolve('fake');
  stop = (): Promise<void> => Promise.resolve();
  partsRun = (): string[] => this.runs.map(({ part }) => part);
}

const float = (name: string, rank: number): ValueInfo => ({
  name,
  dtype: 'float32',
  dims: Array.from({ length: rank }, (_, axis) => `d${String(axis)}`),
});
const ports: Record<string, { inputs: ValueInfo[]; outputs: ValueInfo[] }> = {
  text_encoder: {
    inputs: [{ name: 'input_ids', dtype: 'int64', dims: ['batch', 'sequence'] }],
    outputs: [float('text_embeds', 2), float('hidden_states.2', 3)],
  },
  unet: {
    inputs: [
      float('sample', 4),
      float('timestep', 0),
      float('encoder_hidden_states', 3),
      float('text_embeds', 2),
      float('time_ids', 2),
    ],
    outputs: [float('out_sample', 4)],
  },
  vae_decoder: { inputs: [float('latent_sample', 4)], outputs: [float('sample', 4)] },
};

describe('createPipeline', () => {
  let model: ModelFolder;
  let ort: FakeOrt;
  const request: PictureRequest = {
    prompt: 'a cat on grass',
    negativePrompt: '',
    seed: 7,
    steps: 2,
    guidanceScale: 0,
    scheduler: 'EulerDiscreteScheduler',
    width: 64,
    height: 32,
  };
  const pipelineOf = (folder: ModelFolder) =>
    createPipeline(folder, ort, { provider: 'cpu', threadCount: 1, unet: 'plain' });
  const floatsFed = (name: string): number[] => {
    const fed = ort.runs.find(({ part }) => part === 'unet')?.feeds[name] as TensorValue;
    return [...(fed.data as Float32Array)];
  };

  before(async () => {
    model = await readModelFolder(embedded);
  });
  beforeEach(() => {
    ort = new FakeOrt();
  });

  it('makes a picture, and says what it does and how long it took', async () => {
    const progress: GenerateProgress[] = [];
    const result = await pipelineOf(model).generate(request, {
      progress: (each) => progress.push(each),
    });
    assert.deepEqual([result.picture.width, result.picture.height], [64, 32]);
    assert.equal(result.picture.rgb.length, 64 * 32 * 3);
    assert.equal(result.runMs, 2 * (2 + 2 + 1));
    const phases = ['loading', 'encodingText', 'denoising', 'decoding', 'total'];
    assert.deepEqual(Object.keys(result.timingsMs), phases);
    assert.deepEqual(progress, [
      { phase: 'loading', part: 'text_encoder' },
      { phase: 'loading', part: 'text_encoder_2' },
      { phase: 'loading', part: 'unet' },
      { phase: 'loading', part: 'vae_decoder' },
      { phase: 'encodingText' },
      { phase: 'denoising', stepIndex: 0, stepCount: 2 },
      { phase: 'denoising', stepIndex: 1, stepCount: 2 },
      { phase: 'decoding' },
    ]);
  });

  it('joins the encoders by position and tells the U-net the size', async () => {
    await pipelineOf(model).generate(request);
    const hidden = floatsFed('encoder_hidden_states');
    assert.deepEqual(hidden.slice(0, 4), [start, start, start + 0.5, start + 0.5]);
    assert.equal(hidden.length, 32 * 4);
    assert.deepEqual(floatsFed('time_ids'), [32, 64, 0, 0, 32, 64]);
  });

  it('runs two rows above a guidance scale of 1, the negative prompt first', async () => {
    await pipelineOf(model).generate({ ...request, guidanceScale: 3, negativePrompt: 'dark' });
    assert.equal(floatsFed('time_ids').length, 12);
    const sample = ort.runs.find(({ part }) => part === 'unet')?.feeds['sample'];
    assert.deepEqual(sample?.dims, [2, 4, 8, 16]);
    const [negative, positive] = [floatsFed('text_embeds')[0], floatsFed('text_embeds')[3]];
    assert.notEqual(negative, positive);
    assert.equal(ort.partsRun().filter((part) => part.startsWith('text')).length, 4);
  });

  it('takes an absent negative prompt for zeros where the model says so, else for the empty text', async () => {
    const guided = { ...request, guidanceScale: 3 };
    await pipelineOf({ ...model, forceZerosForEmptyPrompt: true }).generate(guided);
    assert.ok(
      floatsFed('encoder_hidden_states')
        .slice(0, 32 * 4)
        .every((value) => value === 0),
    );
    ort = new FakeOrt();
    await pipelineOf({ ...model, forceZerosForEmptyPrompt: false }).generate(guided);
    assert.deepEqual(floatsFed('text_embeds').slice(0, 3), [end, end, end]);
  });

  it('loads once and encodes a text once', async () => {
    const pipeline = pipelineOf(model);
    await pipeline.generate(request);
    await pipeline.generate({ ...request, seed: 8 });
    assert.deepEqual(ort.created, ['text_encoder', 'text_encoder_2', 'unet', 'vae_decoder']);
    assert.equal(ort.partsRun().filter((part) => part.startsWith('text')).length, 2);
  });

  it('loads again when the runner has gone', async () => {
    const pipeline = pipelineOf(model);
    await pipeline.generate(request);
    ort.isAlive = false;
    await pipeline.generate(request);
    assert.equal(ort.created.length, 8);
  });

  it('names the graph that could not be loaded, and tries again the next time', async () => {
    const pipeline = pipelineOf(model);
    ort.failNext = modelError('protobuf parsing failed');
    await assert.rejects(
      pipeline.generate(request),
      /text_encoder\/model\.onnx: protobuf parsing failed/,
    );
    await pipeline.generate(request);
  });

  it('stops between runs when it is cancelled', async () => {
    const controller = new AbortController();
    ort.onRun = (part) => {
      if (part === 'unet') controller.abort();
    };
    const generating = pipelineOf(model).generate(request, { signal: controller.signal });
    await assert.rejects(generating, { code: 'cancelled' });
    assert.deepEqual(ort.partsRun(), ['text_encoder', 'text_encoder_2', 'unet']);
    const late = pipelineOf(model).generate(request, { signal: AbortSignal.abort() });
    await assert.rejects(late, { code: 'cancelled' });
  });

  it('reports the words that no encoder saw', async () => {
    const prompt = `${'a '.repeat(30)}tree and a Dog`;
    const { truncations } = await pipelineOf(model).generate({ ...request, prompt });
    assert.deepEqual(truncations, [
      { prompt: 'prompt', cutText: 'tree and a Dog', tokenCount: 36, tokenLimit: 32 },
    ]);
  });

  it('gives the same noise for a seed, and other noise for another', async () => {
    const first = await latentsOf(pipelineOf(model), request);
    assert.deepEqual(await latentsOf(pipelineOf(model), request), first);
    assert.notDeepEqual(await latentsOf(pipelineOf(model), { ...request, seed: 8 }), first);
  });

  it('says so when the model makes values that are no numbers', async () => {
    ort.predict = () => NaN;
    await assert.rejects(pipelineOf(model).generate(request), {
      code: 'model',
      message: /not numbers/,
    });
  });

  const wrong: [Partial<PictureRequest>, RegExp][] = [
    [{ steps: 0 }, /^steps is 0; allowed are whole numbers from 1 to 1000\.$/],
    [{ steps: 10_000 }, /^steps is 10000; /],
    [{ seed: -1 }, /^seed is -1; allowed are whole numbers from 0 to 4294967295\.$/],
    [{ seed: 2 ** 32 }, /^seed is 4294967296; /],
    [{ seed: 0.5 }, /^seed is 0\.5; /],
    [{ width: 100 }, /^width is 100; allowed are multiples of 16 from 32 to 256\.$/],
    [{ height: 0 }, /^height is 0; /],
    [{ width: 4096 }, /^width is 4096; /],
    [{ guidanceScale: NaN }, /^guidanceScale is NaN; allowed are numbers from 0 to 50\.$/],
    [{ guidanceScale: 51 }, /^guidanceScale is 51; /],
    [
      { prompt: 'x'.repeat(100_000) },
      /^The prompt has 100000 characters; at most 10000 are allowed\.$/,
    ],
    [{ scheduler: 'LCMScheduler' as never }, /^scheduler is "LCMScheduler"; implemented are /],
  ];
  for (const [change, message] of wrong) {
    it(`refuses ${JSON.stringify(change).slice(0, 40)} before anything runs`, async () => {
      const generating = pipelineOf(model).generate({ ...request, ...change });
      await assert.rejects(generating, { code: 'invalidInput', message });
      assert.deepEqual(ort.created, []);
    });
  }
});

async function latentsOf(
  pipeline: ReturnType<typeof createPipeline>,
  request: PictureRequest,
): Promise<Float32Array> {
  let latents = new Float32Array();
  await pipeline.generate(request, { onStep: (_, values) => (latents = values.slice()) });
  return latents;
}
