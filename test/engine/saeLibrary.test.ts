import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine } from '../../src/engine/engine.ts';
import { cleanUpRuns, generatePicture } from '../../src/protocol/engine.ts';
import { type BlockReading, listBlocks } from '../../src/protocol/features.ts';
import {
  chooseSae,
  exportSaeFiles,
  importSaeFiles,
  inspectSae,
  listSaes,
  removeSae,
  restoreSae,
  type SaeAnswerValues,
} from '../../src/protocol/saes.ts';
import { embeddedModel, smallRequest } from '../support/engineSession.ts';
import { answers, SaeImports } from '../support/saeImports.ts';

const modelDir = embeddedModel;
/** What was read, whichever file the weights lay in. */
const unsigned = (reading: BlockReading): BlockReading => ({ ...reading, saeSha256: '' });

describe("a person's own SAEs", function () {
  this.timeout(120_000);
  this.slow(10_000);
  let dir: string;
  let engine: Engine;
  let imports: SaeImports;
  const source = (): string => imports.source;
  const start = (storageDir: string): Engine => imports.start(storageDir);
  const importIt = (given = answers) => imports.import(given);
  const list = () => imports.list();
  const activeIn = (block: string) => imports.activeIn(block);
  const read = async () => (await engine.request(generatePicture, smallRequest)).readings;

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'featurescope-saes-'));
    imports = new SaeImports(dir);
    ({ engine } = imports);
    await imports.writeSource();
  });
  after(async () => {
    await engine.stop();
    rmSync(dir, { recursive: true });
  });

  it("lists the model's own, each used because it is the only one", async () => {
    const { saes, broken } = await list();
    assert.deepEqual(
      saes.map(({ block, origin, activeBecause }) => [block, origin, activeBecause]),
      ['down.2.1', 'mid.0', 'up.0.0', 'up.0.1'].map((block) => [block, 'model', 'only']),
    );
    assert.deepEqual(broken, []);
  });

  it('says what files are and what they leave open', async () => {
    const found = await engine.request(inspectSae, { modelDir, path: source() });
    assert.equal(found.format, 'sdxl-unbox');
    assert.equal(found.blockPath, 'unet.mid_block.attentions.0');
    assert.deepEqual(
      found.questions.map(({ id, suggested }) => [id, suggested]),
      [
        ['target', 'update'],
        ['blockPath', 'unet.mid_block.attentions.0'],
      ],
    );
    assert.equal(found.blocks.find(({ block }) => block === 'mid.0')?.width, found.dModel);
  });

  it('refuses answers that are missing, wrong or of another model, and keeps nothing', async () => {
    const refused = (given: SaeAnswerValues, message: RegExp) =>
      assert.rejects(importIt(given), { code: 'invalidInput', message });
    await refused({}, /Nobody has said the SAE's target/);
    await refused(
      { ...answers, target: 'input' },
      /target is "input"; possible are update, output/,
    );
    await refused({ ...answers, blockPath: 'mid' }, /a path like unet.mid_block.attentions.0/);
    await refused(
      { ...answers, blockPath: 'unet.mid_block.attentions.7' },
      /no block unet.mid_block.attentions.7; it has unet.down_blocks/,
    );
    await assert.rejects(
      engine.request(importSaeFiles, {
        ...{ modelDir, path: source(), answers, storage: 'float32', format: 'saelens' },
      }),
      { code: 'invalidInput', message: /format is "saelens", but these files are sdxl-unbox/ },
    );
    assert.equal((await list()).saes.length, 4);
  });

  it('an imported one is used at once, gives the same codes, and another window sees it', async () => {
    const before = await read();
    const made = await importIt();
    assert.equal(made.activeBecause, 'newest');
    assert.equal(made.verdict, undefined);
    assert.ok(imports.changes > 0);
    const after = await read();
    const [, mid, ...others] = after;
    assert.equal(mid?.saeSha256, made.sha256);
    assert.deepEqual(after.map(unsigned), before.map(unsigned));
    assert.deepEqual(others, before.slice(2));
    const window = start(join(dir, 'storage'));
    try {
      const { saes } = await window.request(listSaes, { modelDir });
      assert.equal(saes.find(({ activeBecause }) => activeBecause === 'newest')?.saeId, made.saeId);
      const blocks = await window.request(listBlocks, { modelDir });
      assert.equal(blocks.find(({ block }) => block === 'mid.0')?.sae?.sha256, made.sha256);
      const own = { modelDir, saeId: 'model.mid.0', isChosen: true };
      await window.request(chooseSae, own);
      assert.equal(
        (await read())[1]?.saeSha256,
        before[1]?.saeSha256,
        'chosen in the other window',
      );
      assert.equal((await activeIn('mid.0')).activeBecause, 'chosen');
      await window.request(chooseSae, { ...own, isChosen: false });
      assert.equal((await activeIn('mid.0')).saeId, made.saeId);
    } finally {
      await window.stop();
    }
  });

  it('can be removed and brought back; those of the model cannot be removed', async () => {
    const { saeId } = await activeIn('mid.0');
    await engine.request(removeSae, { modelDir, saeId });
    assert.equal((await activeIn('mid.0')).saeId, 'model.mid.0');
    await assert.rejects(engine.request(removeSae, { modelDir, saeId }), {
      code: 'invalidInput',
      message: /no imported SAE .* that could be removed/,
    });
    await engine.request(restoreSae, { modelDir, saeId });
    assert.equal((await activeIn('mid.0')).saeId, saeId);
    await assert.rejects(engine.request(removeSae, { modelDir, saeId: 'model.mid.0' }), {
      code: 'invalidInput',
      message: /belongs to the model's own files/,
    });
    for (const bad of ['../../x', 'mid/0', '..', '']) {
      await assert.rejects(engine.request(removeSae, { modelDir, saeId: bad }), {
        code: 'invalidInput',
      });
    }
  });

  it('an import is used even where another had been chosen', async () => {
    await engine.request(chooseSae, { modelDir, saeId: 'model.mid.0', isChosen: true });
    assert.equal((await activeIn('mid.0')).saeId, 'model.mid.0');
    const { saeId, activeBecause } = await importIt();
    assert.equal(activeBecause, 'newest');
    await engine.request(removeSae, { modelDir, saeId });
  });

  it('is listed as broken when its files are, and the model goes on without it', async () => {
    const made = await importIt();
    const { dir: library } = await list();
    writeFileSync(join(library, 'installed', made.saeId, 'sae.json'), '{"version": 1');
    const { broken } = await list();
    assert.deepEqual(broken, [{ saeId: made.saeId, cause: 'sae.json is not JSON.' }]);
    assert.notEqual((await activeIn('mid.0')).saeId, made.saeId);
    assert.equal((await read()).length, 4);
    await engine.request(removeSae, { modelDir, saeId: made.saeId });
    assert.deepEqual((await list()).broken, []);
    await engine.request(cleanUpRuns, { quotaBytes: 2 ** 30 });
    await assert.rejects(engine.request(restoreSae, { modelDir, saeId: made.saeId }), {
      code: 'invalidInput',
      message: /no imported SAE .* that could be restored/,
    });
  });

  it('refuses weights that are shorter than the manifest says before ONNX Runtime maps them', async () => {
    const made = await importIt();
    const { dir: library } = await list();
    writeFileSync(join(library, 'installed', made.saeId, 'sae.safetensors'), 'short');
    await assert.rejects(read(), { code: 'model', message: /has 5 bytes; sae.json says/ });
    await engine.request(removeSae, { modelDir, saeId: made.saeId });
    assert.equal((await read()).length, 4);
  });

  it('a cancelled import leaves nothing behind', async () => {
    const before = (await list()).saes.length;
    const cancel = new AbortController();
    const work = engine.request(
      importSaeFiles,
      { modelDir, path: source(), answers, storage: 'float32' },
      {
        signal: cancel.signal,
        onProgress: ({ phase }) => {
          if (phase === 'writing') cancel.abort();
        },
      },
    );
    await assert.rejects(work, { code: 'cancelled' });
    const { saes, dir: library } = await list();
    assert.equal(saes.length, before);
    assert.deepEqual(readdirSync(join(library, 'incoming')), []);
  });

  it('an SAE of other weights under the same model id is not used unless it is chosen', async () => {
    const copy = join(dir, 'mini');
    cpSync(modelDir, copy, { recursive: true });
    // Another byte order of the same JSON: the graph is the same, the files are not.
    writeFileSync(join(copy, 'unet', 'note.json'), '{}');
    const of = async () => (await engine.request(listSaes, { modelDir: copy })).saes;
    const foreign = (await of()).find(({ origin }) => origin === 'imported') ?? assert.fail();
    assert.equal(foreign.isForOtherWeights, true);
    assert.equal(foreign.activeBecause, undefined);
    const params = { modelDir: copy, saeId: foreign.saeId };
    await engine.request(chooseSae, { ...params, isChosen: true });
    assert.equal(
      (await of()).find(({ saeId }) => saeId === foreign.saeId)?.activeBecause,
      'chosen',
    );
    await engine.request(chooseSae, { ...params, isChosen: false });
  });

  it('goes into the graph itself where the graph cannot refer to it, with the same codes', async () => {
    const expected = await read();
    const other = start(join(dir, 'drive:with:colons'));
    try {
      const made = await other.request(importSaeFiles, {
        ...{ modelDir, path: source(), answers, storage: 'float32' as const },
      });
      const { readings } = await other.request(generatePicture, smallRequest);
      assert.equal(readings[1]?.saeSha256, made.sha256);
      assert.deepEqual(readings, expected);
    } finally {
      await other.stop();
    }
  });

  it('two windows may import, choose and remove at the same time', async () => {
    const storage = join(dir, 'shared');
    const windows = [start(storage), start(storage)];
    try {
      const made = await Promise.all(
        [0, 1, 2, 3].map(async (index) => {
          const window = windows[index % 2]!;
          const params = { modelDir, path: source(), answers, storage: 'float32' as const };
          const { saeId } = await window.request(importSaeFiles, params);
          await window.request(chooseSae, { modelDir, saeId, isChosen: true });
          return saeId;
        }),
      );
      await Promise.all(
        made
          .slice(0, 2)
          .map((saeId, index) => windows[1 - index]!.request(removeSae, { modelDir, saeId })),
      );
      const lists = await Promise.all(
        windows.map((window) => window.request(listSaes, { modelDir })),
      );
      assert.deepEqual(lists[0], lists[1]);
      const { saes, broken } = lists[0]!;
      const left = saes.filter(({ origin }) => origin === 'imported').map(({ saeId }) => saeId);
      assert.deepEqual([left.sort(), broken], [made.slice(2).sort(), []]);
    } finally {
      await Promise.all(windows.map((window) => window.stop()));
    }
  });

  it('exports what it imported, in every format, into new folders only', async () => {
    const { saeId } = await activeIn('mid.0');
    const formats = ['sdxl-unbox', 'saelens', 'safetensors'] as const;
    for (const format of formats) {
      const path = join(dir, 'out', format);
      const { files } = await engine.request(exportSaeFiles, { modelDir, saeId, format, path });
      for (const name of files) assert.ok(existsSync(join(path, name)), name);
      const found = await engine.request(inspectSae, { modelDir, path });
      assert.equal(found.format, format);
      await assert.rejects(engine.request(exportSaeFiles, { modelDir, saeId, format, path }), {
        code: 'invalidInput',
        message: /is not empty/,
      });
    }
    mkdirSync(join(dir, 'empty'));
    await assert.rejects(engine.request(inspectSae, { modelDir, path: join(dir, 'empty') }), {
      code: 'invalidInput',
      message: /No SAE was found among: no files/,
    });
  });
});
