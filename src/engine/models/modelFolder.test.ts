import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beginHashing, hashModelFiles } from './hash.ts';
import { readModelFolder } from './modelFolder.ts';

const embedded = join(import.meta.dirname, '..', '..', '..', 'models', 'mini');

describe('readModelFolder', () => {
  let root: string;
  let dir: string;

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'model-'));
  });
  beforeEach(async () => {
    dir = await mkdtemp(join(root, 'm-'));
    // Graphs and weights are only looked at: a few bytes stand for them.
    const filter = (path: string): boolean => !path.includes('model.onnx');
    await cp(embedded, dir, { recursive: true, filter });
    await rm(join(dir, 'featurescope.json'), { force: true });
    for (const part of ['text_encoder', 'text_encoder_2', 'unet', 'vae_decoder', 'vae_encoder']) {
      await writeFile(join(dir, part, 'model.onnx'), 'graph');
    }
    await writeFile(join(dir, 'unet', 'model.onnx_data'), 'weights');
  });
  after(() => rm(root, { recursive: true }));

  const change = async (name: string, changes: Record<string, unknown>): Promise<void> => {
    const path = join(dir, name);
    const content = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
    await writeFile(path, JSON.stringify({ ...content, ...changes }));
  };
  const refuses = (message: RegExp): Promise<void> =>
    assert.rejects(readModelFolder(dir), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'model', error.message);
      assert.match(error.message, message);
      return true;
    });

  it('reads the embedded model', async () => {
    const model = await readModelFolder(embedded);
    assert.equal(model.description.id, 'featurescope-mini');
    assert.equal(model.textEncoders.length, 2);
    assert.ok(model.vaeEncoder);
    assert.ok(model.files.some(({ name }) => name === 'unet/model.onnx_data'));
    assert.ok(model.description.sizeBytes > 2 ** 20);
  });

  it('describes what can be asked of a model', async () => {
    const { description } = await readModelFolder(dir);
    const { sizeMultiple, sizeMin, sizeMax, stepsMax } = description.limits;
    assert.deepEqual([sizeMultiple, sizeMin, sizeMax, stepsMax], [16, 32, 256, 1000]);
    assert.deepEqual(description.defaults, {
      steps: 1,
      guidanceScale: 0,
      scheduler: 'EulerAncestralDiscreteScheduler',
      width: 128,
      height: 128,
    });
    await change('scheduler/scheduler_config.json', {
      _class_name: 'EulerDiscreteScheduler',
      timestep_spacing: 'leading',
      num_train_timesteps: 500,
    });
    await change('unet/config.json', { sample_size: [48, 32] });
    const other = (await readModelFolder(dir)).description;
    const { steps, guidanceScale, width, height } = other.defaults;
    assert.deepEqual([steps, guidanceScale, width, height], [25, 5, 128, 192]);
    assert.equal(other.limits.stepsMax, 500);
  });

  it("takes a folder's own word for its title and defaults", async () => {
    const own = { title: 'My model', id: 'mine', defaults: { steps: 4 } };
    await writeFile(join(dir, 'featurescope.json'), JSON.stringify(own));
    const { description } = await readModelFolder(dir);
    assert.deepEqual([description.id, description.title], ['mine', 'My model']);
    assert.deepEqual([description.defaults.steps, description.defaults.guidanceScale], [4, 0]);
    await writeFile(join(dir, 'featurescope.json'), JSON.stringify({ defaults: { steps: 0 } }));
    await refuses(/featurescope\.json in \S+ does not fit: defaults\.steps/);
  });

  it('reads the Optimum name of the pipeline, and one text encoder', async () => {
    await change('model_index.json', {
      _class_name: 'ORTStableDiffusionXLPipeline',
      text_encoder: [null, null],
    });
    const model = await readModelFolder(dir);
    assert.deepEqual(model.textEncoders.map(({ name }) => name), ['text_encoder_2']);
  });

  for (const name of [
    'model_index.json',
    'unet/config.json',
    'unet/model.onnx',
    'tokenizer/merges.txt',
    'text_encoder_2/config.json',
    'scheduler/scheduler_config.json',
  ]) {
    it(`names ${name} when it is missing, empty or a folder's link`, async () => {
      await truncate(join(dir, name));
      await refuses(new RegExp(`^${name} in .* is empty`));
      await rm(join(dir, name));
      await refuses(new RegExp(`^${name} is missing in the model folder`));
      await symlink('/etc', join(dir, name));
      await refuses(new RegExp(`^${name} leads out of the model folder`));
      await rm(join(dir, name));
      await symlink('.', join(dir, name));
      await refuses(new RegExp(`^${name} in .* is not a regular file`));
    });
  }

  it('names the file and the key of wrong JSON', async () => {
    await writeFile(join(dir, 'unet/config.json'), '{"in_channels": 4,');
    await refuses(/^unet\/config\.json in \S+ is not valid JSON: /);
    await writeFile(join(dir, 'unet/config.json'), '[]');
    await refuses(/^unet\/config\.json in \S+ does not fit: /);
  });

  const wrongValues: [string, Record<string, unknown>, RegExp][] = [
    ['model_index.json', { _class_name: 'FluxPipeline' }, /_class_name: "FluxPipeline" is not implemented/],
    ['unet/config.json', { in_channels: 9 }, /in_channels is 9, .* latent_channels 4/],
    ['unet/config.json', { time_cond_proj_dim: 256 }, /time_cond_proj_dim: 256 is not implemented/],
    ['vae_decoder/config.json', { latents_mean: [1, 2, 3, 4] }, /latents_mean: \[1,2,3,4\] is not implemented/],
    ['vae_decoder/config.json', { shift_factor: 0.1 }, /shift_factor: 0.1 is not implemented/],
    ['scheduler/scheduler_config.json', { _class_name: 'LCMScheduler' }, /"LCMScheduler" is not/],
    ['tokenizer/tokenizer_config.json', { tokenizer_class: 'T5Tokenizer' }, /tokenizer_class: "T5Tokenizer" is not/],
    ['tokenizer/tokenizer_config.json', { add_prefix_space: true }, /add_prefix_space: true is not/],
  ];
  for (const [name, changes, message] of wrongValues) {
    it(`refuses ${name} with ${JSON.stringify(changes)}`, async () => {
      await change(name, changes);
      await refuses(message);
    });
  }

  it('hashes every file that decides a picture, once', async () => {
    await writeFile(join(dir, 'unet', 'diffusion_pytorch_model.safetensors'), 'of another framework');
    const { files } = await readModelFolder(dir);
    const known = new Map<string, string>();
    const memory = {
      get: (path: string, sizeBytes: number, modifiedMs: number) =>
        known.get(`${path} ${String(sizeBytes)} ${String(modifiedMs)}`),
      set: (path: string, sizeBytes: number, modifiedMs: number, sha256: string) => {
        known.set(`${path} ${String(sizeBytes)} ${String(modifiedMs)}`, sha256);
      },
    };
    const hashes = await hashModelFiles(files, memory);
    assert.equal(
      hashes['unet/model.onnx_data'],
      '9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c',
    );
    assert.ok(!Object.keys(hashes).some((name) => name.endsWith('.safetensors')));
    assert.equal(known.size, files.length);
    for (const key of known.keys()) known.set(key, 'remembered');
    const again = await hashModelFiles(files, memory);
    assert.ok(Object.values(again).every((hash) => hash === 'remembered'));
    await assert.rejects(hashModelFiles(files, { ...memory, get: () => undefined }, AbortSignal.abort()));
    // Nobody waits for what is remembered; else it is said how far it is, and a wait can be given up.
    const said: number[] = [];
    await beginHashing(files, memory).until(AbortSignal.abort(), () => said.push(0));
    assert.equal(said.length, 0);
    const sizeBytes = 800e6; // a second or so of reading
    const path = join(dir, 'large');
    await writeFile(path, '');
    await truncate(path, sizeBytes);
    const slow = beginHashing([{ ...files[0]!, path, sizeBytes }], memory);
    const giveUp = new AbortController();
    const onFar = ({ doneBytes }: { readonly doneBytes: number }) => {
      said.push(doneBytes);
      giveUp.abort();
    };
    await assert.rejects(slow.until(giveUp.signal, onFar));
    assert.ok(said.some((bytes) => bytes >= 2 ** 20 && bytes < sizeBytes));
    await slow.hashes;
  });
});
