import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readModelFolder } from '../../src/engine/models/modelFolder.ts';
import type { PictureRequest } from '../../src/engine/pipeline/checkRequest.ts';
import { createPipeline } from '../../src/engine/pipeline/generate.ts';
import { useOrt } from '../support/useOrt.ts';

const root = join(import.meta.dirname, '..', '..');
const embedded = join(root, 'models', 'mini');

const request: PictureRequest = {
  prompt: 'a cat on grass',
  negativePrompt: '',
  seed: 0,
  steps: 1,
  guidanceScale: 0,
  scheduler: 'EulerAncestralDiscreteScheduler',
  width: 32,
  height: 32,
};

describe('pipeline with files that are broken', () => {
  const ort = useOrt();
  let dir: string;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'broken-'));
  });
  beforeEach(() => cp(embedded, dir, { recursive: true }));
  after(async () => {
    await rm(dir, { recursive: true });
  });

  const generate = async (modelDir: string) => {
    const model = await readModelFolder(modelDir);
    const pipeline = createPipeline(model, ort, { provider: 'cpu', threadCount: 1 });
    try {
      return await pipeline.generate(request);
    } finally {
      await pipeline.release();
    }
  };
  const refuses = (message: RegExp): Promise<void> =>
    assert.rejects(generate(dir), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'model', error.message);
      assert.match(error.message, message);
      return true;
    });
  const halve = async (name: string): Promise<void> => {
    const path = join(dir, name);
    await truncate(path, Math.floor((await stat(path)).size / 2));
  };

  for (const part of ['text_encoder', 'text_encoder_2', 'unet', 'vae_decoder']) {
    it(`names ${part}/model.onnx when it is truncated or noise`, async () => {
      const name = `${part}/model.onnx`;
      await halve(name);
      await refuses(new RegExp(`^${name}: `));
      const size = 100_000;
      const noise = Uint8Array.from({ length: size }, (_, i) => (i * 2_654_435_761) >>> 13);
      await writeFile(join(dir, name), noise);
      await refuses(new RegExp(`^${name}: `));
    });
  }

  it("names the U-net's weights when they are truncated", async () => {
    await halve('unet/model.onnx_data');
    await refuses(/^unet\/model\.onnx_data in .* is truncated: it has \d+ bytes, .* needs \d+/);
  });

  it('names an output that a text encoder lacks', async () => {
    const config = join(dir, 'text_encoder', 'config.json');
    const content = JSON.parse(await readFile(config, 'utf8')) as Record<string, unknown>;
    await writeFile(config, JSON.stringify({ ...content, num_hidden_layers: 12 }));
    await refuses(/^text_encoder\/model\.onnx has no output "hidden_states\.11"; it has /);
  });

  it('refuses another U-net than the text encoders are for', async () => {
    await cp(join(dir, 'vae_decoder/model.onnx'), join(dir, 'unet/model.onnx'));
    await refuses(/stage|U-net/);
  });

  it('lives on after all that', async () => {
    const { picture } = await generate(embedded);
    assert.equal(picture.rgb.length, 32 * 32 * 3);
  });
});
