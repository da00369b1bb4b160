import assert from 'node:assert/strict';
import {
  copyFileSync,
  cpSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { inspectModel } from '../../src/engine/models/inspect/inspectModel.ts';
import { readModelFolder } from '../../src/engine/models/modelFolder.ts';
import {
  StringStringEntryProtoSchema,
  type TensorProto,
} from '../../src/engine/onnx/generated/onnx_pb.js';
import { changeGraph, type OnnxGraph, withFields } from '../../src/engine/onnx/graph.ts';
import { readGraph } from '../../src/engine/onnx/readGraph.ts';
import { writeGraph } from '../../src/engine/onnx/writeGraph.ts';
import { embeddedModel } from '../support/engineSession.ts';

/** A change of a copy of the embedded model, and what is said of it. */
type Breakage = readonly [name: string, change: (dir: string) => void, message: RegExp];

const file = (dir: string, name: string): string => join(dir, name);
const remove =
  (name: string) =>
  (dir: string): void => {
    rmSync(file(dir, name));
  };
const empty =
  (name: string) =>
  (dir: string): void => {
    unshare(dir, name);
    truncateSync(file(dir, name));
  };
const halve =
  (name: string) =>
  (dir: string): void => {
    unshare(dir, name);
    truncateSync(file(dir, name), Math.floor(statSync(file(dir, name)).size / 2));
  };
const set =
  (name: string, changes: Readonly<Record<string, unknown>>) =>
  (dir: string): void => {
    const content = JSON.parse(readFileSync(file(dir, name), 'utf8')) as Record<string, unknown>;
    rmSync(file(dir, name));
    writeFileSync(file(dir, name), JSON.stringify({ ...content, ...changes }));
  };
const write =
  (name: string, text: string) =>
  (dir: string): void => {
    rmSync(file(dir, name), { force: true });
    writeFileSync(file(dir, name), text);
  };
const regraph =
  (name: string, change: (graph: OnnxGraph) => OnnxGraph) =>
  (dir: string): void => {
    const bytes = writeGraph(change(readGraph(readFileSync(file(dir, name)))));
    rmSync(file(dir, name));
    writeFileSync(file(dir, name), bytes);
  };

/** Large files are linked, not copied: the one that is changed must not be. */
function unshare(dir: string, name: string): void {
  copyFileSync(file(dir, name), file(dir, `${name}.copy`));
  renameSync(file(dir, `${name}.copy`), file(dir, name));
}

/** Changes where the first weight of a graph that lies outside is looked for. */
const moveWeight = (key: string, value: string) =>
  regraph('unet/model.onnx', (graph) => {
    let isDone = false;
    const initializer = [...graph.initializers.values()].map((tensor): TensorProto => {
      if (isDone || tensor.externalData.length === 0) return tensor;
      isDone = true;
      const others = tensor.externalData.filter((entry) => entry.key !== key);
      const changed = create(StringStringEntryProtoSchema, { key, value });
      return withFields(tensor, { externalData: [...others, changed] });
    });
    return changeGraph(graph, { initializer });
  });

const renameInput = (name: string, from: string, to: string) =>
  regraph(name, (graph) => {
    const rename = (value: string): string => (value === from ? to : value);
    return changeGraph(graph, {
      input: graph.inputs.map((input) => withFields(input, { name: rename(input.name) })),
      node: graph.nodes.map((node) => withFields(node, { input: node.input.map(rename) })),
    });
  });

const withoutNames = regraph('unet/model.onnx', (graph) =>
  changeGraph(graph, {
    node: graph.nodes.map((node, index) =>
      withFields(node, { name: `n${String(index)}`, metadataProps: [] }),
    ),
  }),
);

const [unet, vae, text, text2] = ['unet', 'vae_decoder', 'text_encoder', 'text_encoder_2'];
const [unetConfig, vaeConfig] = ['unet/config.json', 'vae_decoder/config.json'];
const scheduler = 'scheduler/scheduler_config.json';

const breakages: readonly Breakage[] = [
  ['no model_index.json', remove('model_index.json'), /^model_index\.json is missing in the model folder/],
  ['an empty model_index.json', empty('model_index.json'), /^model_index\.json in .* is empty/],
  ['half a model_index.json', halve('model_index.json'), /^model_index\.json in .*\S+ is not valid JSON: /],
  ['another pipeline', set('model_index.json', { _class_name: 'FluxPipeline' }), /"FluxPipeline" is not implemented/],
  ['no text encoder', set('model_index.json', { text_encoder: [null, null], text_encoder_2: [null, null] }), /names no text encoder/],
  ['no U-net graph', remove('unet/model.onnx'), /^unet\/model\.onnx is missing/],
  ['half a U-net graph', halve('unet/model.onnx'), /^unet\/model\.onnx: This is not a readable ONNX graph/],
  ['an empty U-net graph', empty('unet/model.onnx'), /^unet\/model\.onnx in .* is empty/],
  ['noise for a U-net graph', write('unet/model.onnx', 'noise '.repeat(99)), /^unet\/model\.onnx: /],
  ["no U-net's weights", remove('unet/model.onnx_data'), /^unet\/model\.onnx_data is missing/],
  ["half of the U-net's weights", halve('unet/model.onnx_data'), /^unet\/model\.onnx_data in .* is truncated: it has \d+ bytes, unet\/model\.onnx needs \d+/],
  ['weights above the folder', moveWeight('location', '../model_index.json'), /"\.\.\/model_index\.json", which is not a plain path/],
  ['weights at an absolute path', moveWeight('location', '/etc/passwd'), /"\/etc\/passwd", which is not a plain path/],
  ['weights in no file', moveWeight('location', ''), /lies in "", which is not a plain path/],
  ['weights behind the end', moveWeight('offset', '99999999999'), /is truncated: it has/],
  ['weights at a negative offset', moveWeight('offset', '-4'), /has the offset "-4", not a number of bytes/],
  ['weights of the wrong length', moveWeight('length', '7'), /needs \d+ bytes, but the graph reserves 7/],
  ['a link for weights', (dir) => { rmSync(file(dir, 'unet/model.onnx_data')); symlinkSync('/etc/passwd', file(dir, 'unet/model.onnx_data')); }, /leads out of the model folder/],
  ['a folder for weights', (dir) => { rmSync(file(dir, 'unet/model.onnx_data')); mkdirSync(file(dir, 'unet/model.onnx_data')); }, /is not a regular file/],
  ['no U-net configuration', remove(unetConfig), /^unet\/config\.json is missing/],
  ['an inpainting U-net', set(unetConfig, { in_channels: 9 }), /in_channels is 9, but the VAE has latent_channels 4/],
  ['an LCM', set(unetConfig, { time_cond_proj_dim: 256 }), /time_cond_proj_dim: 256 is not implemented/],
  ["a refiner's U-net", set(unetConfig, { projection_class_embeddings_input_dim: 2560 }), /projection_class_embeddings_input_dim is 2560, but six sizes/],
  ['a U-net of other widths', set(unetConfig, { block_out_channels: [320, 640, 1280] }), /has \d+ channels, but unet\/config\.json says/],
  ['a U-net without names', withoutNames, /no cross-attention stage that can be tapped/],
  ['a U-net that lacks an input', renameInput('unet/model.onnx', 'time_ids', 'sizes'), /has no input "time_ids"/],
  ['a U-net that wants more', renameInput('unet/model.onnx', 'time_ids', 'control'), /wants the input "control", which is not known/],
  ["the VAE's graph as U-net", (dir) => { rmSync(file(dir, 'unet/model.onnx')); copyFileSync(file(dir, 'vae_decoder/model.onnx'), file(dir, 'unet/model.onnx')); }, /has no input "encoder_hidden_states"/],
  ['a text encoder of another width', set('text_encoder/config.json', { hidden_size: 768 }), /gives hidden states of \d+ numbers, but text_encoder\/config\.json says hidden_size 768/],
  ['a text encoder of more layers', set('text_encoder/config.json', { num_hidden_layers: 12 }), /has no output "hidden_states\.11"; it has/],
  ['text encoders exchanged', (dir) => { renameSync(file(dir, 'text_encoder/model.onnx'), file(dir, 'x')); renameSync(file(dir, 'text_encoder_2/model.onnx'), file(dir, 'text_encoder/model.onnx')); renameSync(file(dir, 'x'), file(dir, 'text_encoder_2/model.onnx')); }, /text_encoder_2\/model\.onnx has no output "text_embeds"/],
  ['no second text encoder', (dir) => { rmSync(file(dir, 'text_encoder_2'), { recursive: true }); }, /^text_encoder_2\/model\.onnx is missing/],
  ['no words', remove('tokenizer/vocab.json'), /^tokenizer\/vocab\.json is missing/],
  ['words of another model', set('tokenizer/vocab.json', { newest: 49407 }), /tokenizer has token ids up to 49407, but text_encoder\/model\.onnx knows/],
  ['a token id that is none', set('tokenizer/vocab.json', { odd: -1 }), /token "odd" has the id -1/],
  ['another tokenizer', set('tokenizer_2/tokenizer_config.json', { tokenizer_class: 'T5Tokenizer' }), /"T5Tokenizer" is not implemented/],
  ['no VAE', remove('vae_decoder/model.onnx'), /^vae_decoder\/model\.onnx is missing/],
  ['a VAE of 16 channels', set(vaeConfig, { latent_channels: 16 }), /in_channels is 4, but the VAE has latent_channels 16/],
  ['a VAE that shifts', set(vaeConfig, { shift_factor: 0.1 }), /shift_factor: 0\.1 is not implemented/],
  ["the text encoder's graph as VAE", (dir) => { rmSync(file(dir, 'vae_decoder/model.onnx')); copyFileSync(file(dir, 'text_encoder/model.onnx'), file(dir, 'vae_decoder/model.onnx')); }, /vae_decoder\/model\.onnx should have one input and one output/],
  ['another scheduler', set(scheduler, { _class_name: 'LCMScheduler' }), /"LCMScheduler" is not implemented; implemented are/],
  ['PyTorch weights alone', (dir) => { renameSync(file(dir, 'unet/model.onnx'), file(dir, 'unet/diffusion_pytorch_model.safetensors')); }, /export the folder to ONNX with optimum-cli first/],
  ['settings that do not fit', write('featurescope.json', '{"defaults": {"steps": 0}}'), /^featurescope\.json in .* does not fit: defaults\.steps/],
]; // prettier-ignore

describe('inspectModel', () => {
  let root: string;
  let count = 0;

  before(() => {
    root = mkdtempSync(join(tmpdir(), 'inspect-'));
  });
  after(() => {
    rmSync(root, { recursive: true });
  });

  /** A copy of all that decides a picture; large files as hard links, so that forty cost nothing. */
  function copyModel(): string {
    const dir = join(root, `m${String(count++)}`);
    cpSync(embeddedModel, dir, {
      recursive: true,
      filter: (path) =>
        !/saes|index|vae_encoder|model\.onnx/.test(
          path.slice(embeddedModel.length).replace('model_index.json', ''),
        ),
    });
    for (const part of [unet, vae, text, text2] as string[]) {
      const names = part === 'unet' ? ['model.onnx', 'model.onnx_data'] : ['model.onnx'];
      for (const name of names) {
        const [from, to] = [join(embeddedModel, part, name), join(dir, part, name)];
        try {
          linkSync(from, to);
        } catch {
          copyFileSync(from, to);
        }
      }
    }
    return dir;
  }

  it('finds nothing wrong with the embedded model, and says what it is', async () => {
    const found = await inspectModel(embeddedModel);
    assert.deepEqual(
      found.findings.filter(({ level }) => level === 'error'),
      [],
    );
    assert.ok(found.isUsable);
    assert.ok(found.stages.length >= 4 && found.stages.every(({ width }) => width));
    const { parts } = found;
    assert.deepEqual(
      parts.map(({ name }) => name),
      [text, text2, unet, vae],
    );
    for (const part of parts) assert.ok(part.weightType && part.nodeCount && part.sizeBytes);
    const { description } = await readModelFolder(embeddedModel);
    assert.deepEqual(found.description, description);
    assert.ok(found.needs.memoryBytes > description.sizeBytes);
  });

  for (const [name, change, message] of breakages) {
    it(`refuses ${name}`, async () => {
      const dir = copyModel();
      change(dir);
      const { isUsable, findings, description } = await inspectModel(dir);
      const errors = findings
        .filter(({ level }) => level === 'error')
        .map(({ text: words }) => words);
      assert.ok(
        errors.some((error) => message.test(error)),
        errors.join('\n') || 'no error',
      );
      assert.equal(isUsable, false);
      assert.equal(description, undefined);
    });
  }

  it('tells all that is wrong at once', async () => {
    const dir = copyModel();
    rmSync(join(dir, 'unet/model.onnx_data'));
    set(scheduler, { _class_name: 'LCMScheduler' })(dir);
    set(vaeConfig, { shift_factor: 1 })(dir);
    remove('tokenizer/merges.txt')(dir);
    const errors = (await inspectModel(dir)).findings.map(({ text: words }) => words).join('\n');
    for (const each of [/LCMScheduler/, /shift_factor/, /merges\.txt is missing/]) {
      assert.match(errors, each);
    }
  });

  it('says what a folder is that is none of a model', async () => {
    const errorsOf = async (dir: string): Promise<string> =>
      (await inspectModel(dir)).findings.map(({ text: words }) => words).join('\n');
    assert.match(await errorsOf(join(root, 'nowhere')), /There is no such folder/);
    assert.match(
      await errorsOf(join(embeddedModel, 'unet')),
      /"unet" is one part of a model; choose the folder above/,
    );
    const above = join(root, 'above');
    mkdirSync(above);
    renameSync(copyModel(), join(above, 'mine'));
    assert.match(await errorsOf(above), /Inside it "mine" looks like a model/);
    const checkpoint = join(root, 'checkpoint');
    mkdirSync(checkpoint);
    writeFileSync(join(checkpoint, 'sd_xl_turbo.safetensors'), 'weights');
    assert.match(await errorsOf(checkpoint), /holds a checkpoint; export it to ONNX/);
  });

  it('tells the licence that a folder states', async () => {
    const dir = copyModel();
    assert.match((await inspectModel(dir)).licence.id, /^[0-9a-f]{16}$/);
    writeFileSync(join(dir, 'LICENSE.md'), '# My NON-COMMERCIAL License\nNo selling.');
    const own = (await inspectModel(dir)).licence;
    assert.deepEqual(
      [own.name, own.isNonCommercial, own.source],
      ['My NON-COMMERCIAL License', true, 'LICENSE.md'],
    );
    rmSync(join(dir, 'LICENSE.md'));
    writeFileSync(join(dir, 'README.md'), '---\nlicense: apache-2.0\n---\n# A model');
    const stated = (await inspectModel(dir)).licence;
    assert.deepEqual(
      [stated.name, stated.isNonCommercial, stated.source],
      ['apache-2.0', false, 'README.md'],
    );
    set('model_index.json', { _name_or_path: 'stabilityai/sdxl-turbo' })(dir);
    const turbo = (await inspectModel(dir)).licence;
    assert.match(turbo.name, /Non-Commercial.*SDXL Turbo/);
    assert.ok(turbo.isNonCommercial && turbo.id !== stated.id);
  });
});
