import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createEngine, type Engine } from '../../src/engine/engine.ts';
import { addModel, inspectModel, listModels, removeModel } from '../../src/protocol/models.ts';
import { embeddedModel } from '../support/engineSession.ts';

const root = join(import.meta.dirname, '..', '..');

describe('list of models', () => {
  let storageDir: string;
  let modelDir: string;
  let engine: Engine;

  before(() => {
    storageDir = mkdtempSync(join(tmpdir(), 'models-'));
    modelDir = join(storageDir, 'mine');
    cpSync(embeddedModel, modelDir, {
      recursive: true,
      filter: (path) => !/[\\/](?:saes|index)$/.test(path),
    });
    writeFileSync(join(modelDir, 'featurescope.json'), '{"id": "mine", "title": "Mine"}');
    writeFileSync(join(modelDir, 'LICENSE'), 'My licence\nnon-commercial');
    engine = createEngine({ extensionDir: root, storageDir });
  });
  after(async () => {
    await engine.stop();
    rmSync(storageDir, { recursive: true });
  });

  it('takes a model whose licence was accepted, and keeps it', async () => {
    const { licence } = await engine.request(inspectModel, { modelDir });
    assert.ok(licence.isNonCommercial);
    await assert.rejects(engine.request(addModel, { modelDir, acceptedLicence: 'other' }), {
      code: 'invalidInput',
      message: /licence of .* \("My licence"\) was not accepted/,
    });
    const accepted = { modelDir, acceptedLicence: licence.id };
    const { entry } = await engine.request(addModel, accepted);
    assert.deepEqual(
      [entry.title, entry.isDownloaded, entry.licence],
      ['Mine', false, 'My licence'],
    );
    await engine.request(addModel, accepted);
    const other = createEngine({ extensionDir: root, storageDir });
    const { models } = await other.request(listModels, null);
    await other.stop();
    assert.deepEqual(
      models.map(({ dir }) => dir),
      [embeddedModel, modelDir],
    );
    assert.ok(models.every(({ problem }) => problem === undefined));
  });

  it('says so when its folder has been changed', async () => {
    rmSync(join(modelDir, 'unet', 'model.onnx'));
    const { models } = await engine.request(listModels, null);
    assert.match(models[1]?.problem ?? '', /^unet\/model\.onnx is missing/);
    const { licence } = await engine.request(inspectModel, { modelDir });
    await assert.rejects(engine.request(addModel, { modelDir, acceptedLicence: licence.id }), {
      code: 'model',
      message: /unet\/model\.onnx is missing/,
    });
  });

  it('removes it from the list, and leaves its files', async () => {
    const { models } = await engine.request(removeModel, { modelDir });
    assert.deepEqual(
      models.map(({ isEmbedded }) => isEmbedded),
      [true],
    );
    await assert.rejects(engine.request(removeModel, { modelDir }), /is not on the list of models/);
    await assert.rejects(
      engine.request(removeModel, { modelDir: embeddedModel }),
      /cannot be removed/,
    );
    await assert.rejects(engine.request(inspectModel, { modelDir: 'mine' }), {
      code: 'invalidInput',
      message: /folder is "mine"; an absolute path/,
    });
    assert.equal((await engine.request(inspectModel, { modelDir })).licence.name, 'My licence');
  });

  it('is there in a shell', async () => {
    const run = promisify(execFile);
    const cli = join(root, 'dist', 'cli.cjs');
    const env = { ...process.env, FEATURESCOPE_STORAGE: storageDir };
    const { stdout } = await run(
      process.execPath,
      [cli, 'model', 'inspect', embeddedModel, '--json'],
      { env },
    );
    assert.equal((JSON.parse(stdout) as { isUsable: boolean }).isUsable, true);
    const refused = await run(process.execPath, [cli, 'model', 'inspect', storageDir], {
      env,
    }).catch((error: unknown) => error as { code: number; stdout: string });
    assert.ok('code' in refused && refused.code === 1);
    assert.match(refused.stdout, /cannot be used\n {2}error: model_index\.json is missing/);
  });
});
