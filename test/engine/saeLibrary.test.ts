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
import { createEngine, type Engine } from '../../src/engine/engine.ts';
import { transpose } from '../../src/engine/models/sae/orientation.ts';
import type { SaeDefinition } from '../../src/engine/models/sae/saeDefinition.ts';
import { readSae, writeSae } from '../../src/engine/models/sae/saeStore.ts';
import { defaultAcceptancePrompts } from '../../src/protocol/acceptancePrompts.ts';
import { cleanUpRuns, generatePicture } from '../../src/protocol/engine.ts';
import { type BlockReading, listBlocks } from '../../src/protocol/features.ts';
import {
  type AcceptanceProgress,
  acceptSaeOnPrompts,
  chooseSae,
  exportSaeFiles,
  importSaeFiles,
  inspectSae,
  listSaes,
  readAcceptance,
  removeSae,
  restoreSae,
  type SaeAnswerValues,
  type SaeEntry,
} from '../../src/protocol/saes.ts';
import { embeddedModel, smallRequest } from '../support/engineSession.ts';

const root = join(import.meta.dirname, '..', '..');
const modelDir = embeddedModel;
const prompts = [
  'a red apple on the left and a dog on the right, on grass',
  'A big penguin in the snow!',
  'two bananas on the beach',
  'a castle at night',
];
const settings = { prompts, seed: 100, steps: 1, guidanceScale: 0 };

/** What was read, whichever file the weights lay in. */
const unsigned = (reading: BlockReading): BlockReading => ({ ...reading, saeSha256: '' });

describe("a person's own SAEs", function () {
  this.timeout(120_000);
  this.slow(10_000);
  let dir: string;
  let engine: Engine;
  let changes = 0;
  const start = (storageDir: string): Engine =>
    createEngine(
      { extensionDir: root, storageDir, threadCount: 1 },
      { onSaesChanged: () => changes++ },
    );
  /** An SAE of the embedded model as somebody else's files. */
  const source = (): string => join(dir, 'unet.mid_block.attentions.0_k10_hidden1536');
  const answers: SaeAnswerValues = { target: 'update', blockPath: 'unet.mid_block.attentions.0' };
  const importIt = (given = answers, path = source(), storage: 'float32' | 'float16' = 'float32') =>
    engine.request(importSaeFiles, { modelDir, path, answers: given, storage });
  const list = () => engine.request(listSaes, { modelDir });
  const activeIn = async (block: string): Promise<SaeEntry> =>
    (await list()).saes.find((sae) => sae.block === block && sae.activeBecause) ?? assert.fail();
  const read = async () => (await engine.request(generatePicture, smallRequest)).readings;

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'featurescope-saes-'));
    engine = start(join(dir, 'storage'));
    await engine.request(exportSaeFiles, {
      modelDir,
      saeId: 'model.mid.0',
      format: 'sdxl-unbox',
      path: source(),
    });
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
    assert.ok(changes > 0);
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

  describe('acceptance on pictures of the model', () => {
    const accept = (saeId: string, change: Partial<typeof settings> = {}) =>
      engine.request(acceptSaeOnPrompts, {
        ...{ modelDir, saeId, provider: 'cpu', settings: { ...settings, ...change } },
      });

    it('accepts an honest one, with figures a step, and keeps the report', async () => {
      const { saeId } = await activeIn('mid.0');
      assert.equal(await engine.request(readAcceptance, { modelDir, saeId }), null);
      const seen: AcceptanceProgress[] = [];
      const record = await engine.request(
        acceptSaeOnPrompts,
        { modelDir, saeId, provider: 'cpu', settings: { ...settings, steps: 2, guidanceScale: 3 } },
        { onProgress: (progress) => seen.push(progress) },
      );
      assert.equal(record.verdict.status, 'accepted', record.verdict.text);
      assert.deepEqual(
        record.perStep.map(({ stepIndex }) => stepIndex),
        [0, 1],
      );
      for (const { figures } of record.perStep) {
        assert.ok((figures.rSquared ?? 0) > 0.7 && figures.l0 <= 10, JSON.stringify(figures));
      }
      assert.deepEqual(
        [...new Set(seen.map(({ phase }) => phase))],
        ['pictures', 'steps', 'readings'],
      );
      assert.ok(record.readings.some(({ name }) => name === 'another-block'));
      assert.deepEqual(await engine.request(readAcceptance, { modelDir, saeId }), record);
      assert.deepEqual((await activeIn('mid.0')).verdict, record.verdict);
    });

    it('names what is wrong with one that was imported with a wrong answer', async () => {
      const wrong: [SaeAnswerValues, string][] = [
        [{ ...answers, target: 'output' }, 'output-instead-of-update'],
        [{ ...answers, blockPath: 'unet.up_blocks.0.attentions.1' }, 'another-block'],
      ];
      for (const [given, name] of wrong) {
        const made = await importIt(given);
        const { verdict } = await accept(made.saeId);
        assert.deepEqual([verdict.status, verdict.name], ['rejected', name], verdict.text);
        await engine.request(removeSae, { modelDir, saeId: made.saeId });
      }
    });

    const planted: readonly (readonly [string, (sae: SaeDefinition) => SaeDefinition])[] = [
      [
        'transposed',
        (sae) => ({ ...sae, decoder: transpose(sae.decoder, sae.dModel, sae.nFeatures) }),
      ],
      ['b-pre-dropped', (sae) => ({ ...sae, preBias: new Float32Array(sae.dModel) })],
      ['order-swapped', (sae) => ({ ...sae, activation: 'relu-topk' })],
    ];
    for (const [name, spoil] of planted) {
      it(`names what is wrong with files that are: ${name}`, async () => {
        const path = join(dir, name);
        const { definition } = await readSae(join(modelDir, 'saes', 'mid.0'));
        await writeSae(path, spoil(definition), 'float32');
        const made = await importIt({}, path);
        const { verdict } = await accept(made.saeId, { prompts: [...defaultAcceptancePrompts] });
        assert.deepEqual([verdict.status, verdict.name], ['rejected', name], verdict.text);
        await engine.request(removeSae, { modelDir, saeId: made.saeId });
      });
    }

    it('stops when it is told to, and refuses settings out of range', async () => {
      const { saeId } = await activeIn('mid.0');
      const kept = await engine.request(readAcceptance, { modelDir, saeId });
      const cancel = new AbortController();
      const work = engine.request(
        acceptSaeOnPrompts,
        { modelDir, saeId, provider: 'cpu', settings: { ...settings, steps: 4 } },
        {
          signal: cancel.signal,
          onProgress: (progress) => {
            if (progress.phase === 'pictures' && progress.donePictures === 1) cancel.abort();
          },
        },
      );
      await assert.rejects(work, { code: 'cancelled' });
      assert.deepEqual(await engine.request(readAcceptance, { modelDir, saeId }), kept);
      const refused = (change: Partial<typeof settings>, message: RegExp) =>
        assert.rejects(accept(saeId, change), { code: 'invalidInput', message });
      await refused({ prompts: [] }, /0 prompts; allowed are 1 to 64/);
      await refused({ steps: 0 }, /steps is 0/);
      await refused({ seed: -1 }, /seed is -1/);
      const few = await accept(saeId, { prompts: prompts.slice(0, 2) });
      assert.equal(few.verdict.status, 'doubtful');
    });
  });
});
