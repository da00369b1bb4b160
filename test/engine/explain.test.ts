import assert from 'node:assert/strict';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type GenerateResult,
  generatePicture,
  openRun,
  savePicture,
} from '../../src/protocol/engine.ts';
import {
  type ExplainParams,
  explainPicture,
  type ExplainResult,
} from '../../src/protocol/explain.ts';
import { pathWords } from '../../src/protocol/explainWords.ts';
import { readRunFeatures } from '../../src/protocol/features.ts';
import {
  type EngineSession,
  embeddedModel,
  smallRequest,
  startEngineSession,
} from '../support/engineSession.ts';
import { plainJpeg, plainPng, sealPng } from '../support/foreignPictures.ts';
import { readGoldenJson } from '../support/golden.ts';
import { seededRandom, soakCount } from '../support/soak.ts';

const parameters =
  'a dog on the beach\nNegative prompt: cat\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 99';

describe('explaining a picture', function () {
  this.timeout(soakCount(120_000, 1_800_000));
  this.slow(20_000);
  let engine: EngineSession;
  let dir: string;
  let made: GenerateResult;
  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'featurescope-explain-'));
    engine = startEngineSession({ threadCount: 1 });
    made = await engine.request(generatePicture, smallRequest);
  });
  after(async () => {
    await engine.stop();
    rmSync(dir, { recursive: true });
  });

  const defaults: Omit<ExplainParams, 'path'> = {
    ...{ modelDir: embeddedModel, provider: 'cpu', as: 'auto', prompt: '' },
    ...{ seedCount: 1, firstSeed: 0, control: { kind: 'grey' } },
  };
  const explain = (path: string, change: Partial<ExplainParams> = {}): Promise<ExplainResult> =>
    engine.request(explainPicture, { ...defaults, path, ...change });
  const write = (name: string, bytes: Uint8Array | string): string => {
    const path = join(dir, name);
    writeFileSync(path, bytes);
    return path;
  };
  async function save(
    result: GenerateResult,
    name: string,
    writeJsonBeside = false,
  ): Promise<string> {
    const { picture, manifest } = result;
    const path = join(dir, name);
    await engine.request(savePicture, { picture, manifest, path, writeJsonBeside });
    return path;
  }
  const verdictOf = ({ path }: ExplainResult): string =>
    path.kind === 'madeHere' ? path.verdict.kind : path.kind;

  it('takes the right path wherever a picture of ours has gone', async () => {
    const count = soakCount(1, 50);
    for (let index = 0; index < count; index++) {
      const request = {
        ...smallRequest,
        prompt: `a ${['cat', 'dog'][index % 2] ?? ''} on grass`,
        seed: index,
      };
      const one = await engine.request(generatePicture, request);
      const name = `picture-${String(index)}`;
      const original = await save(one, `${name}.png`, true);
      const inside = await explain(original);
      assert.equal(verdictOf(inside), 'exact');
      assert.deepEqual(inside.readings, one.readings);

      mkdirSync(join(dir, name));
      const moved = join(dir, name, 'renamed.png');
      cpSync(original, moved);
      assert.equal(verdictOf(await explain(moved)), 'exact');

      // Re-saved without metadata, the JSON still beside it; then alone.
      const bare = write(`${name}.png`, plainPng(one.picture));
      const beside = await explain(bare);
      assert.equal(verdictOf(beside), 'exact');
      assert.ok(beside.path.kind === 'madeHere' && beside.path.foundIn === 'json');
      const alone = join(dir, `${name}-alone.png`);
      renameSync(bare, alone);
      assert.equal(verdictOf(await explain(alone)), 'encoded');

      const jpeg = write(`${name}.jpg`, plainJpeg(one.picture));
      const lossy = await explain(jpeg);
      assert.ok(lossy.path.kind === 'madeHere' && lossy.path.verdict.kind === 'differs');
      assert.ok(lossy.path.verdict.difference.largest > 0);
      assert.match(pathWords(lossy), /the same model, the picture differs from the file by/);
      assert.deepEqual(lossy.readings, one.readings);
      assert.equal(
        verdictOf(await explain(write(`${name}-alone.jpg`, plainJpeg(one.picture)))),
        'encoded',
      );
    }
  });

  it('says which model is missing, and runs nothing', async () => {
    const { picture, manifest } = made;
    const model = { id: 'another', hashes: { ...manifest.model.hashes, 'unet/model.onnx': '0' } };
    const path = await save({ ...made, manifest: { ...manifest, model } }, 'other-model.png');
    const result = await explain(path);
    assert.ok(result.path.kind === 'madeHere' && result.path.verdict.kind === 'modelMissing');
    assert.deepEqual(result.path.verdict.files, ['unet/model.onnx']);
    assert.deepEqual(result.readings, []);
    assert.match(
      pathWords(result),
      /Model missing: it was made with "another".*Choose that model/s,
    );
    assert.equal(result.picture.rgb.length, picture.rgb.length);
    assert.equal(verdictOf(await explain(path, { as: 'picture' })), 'encoded');
  });

  it('makes an edited picture again with its edit', async () => {
    const { block, steps } = made.readings[3] ?? assert.fail('no fourth block');
    const edit = {
      kind: 'scale',
      block,
      sources: [{ feature: steps[0]!.ids[0]! }],
      factor: 0,
      maps: 'static',
    } as const;
    const manifest = { ...made.manifest, recipe: { version: 1, edits: [edit] } as const };
    const result = await explain(await save({ ...made, manifest }, 'edited.png'));
    assert.equal(
      verdictOf(result),
      'differs',
      'the pixels saved are those of the unedited picture',
    );
    assert.notDeepEqual(result.picture, made.picture);
    const again = await save({ ...made, picture: result.picture, manifest }, 'edited-again.png');
    assert.equal(verdictOf(await explain(again)), 'exact');
  });

  it("offers another tool's settings as a starting point", async () => {
    const path = write('webui.png', plainPng(made.picture, { parameters }));
    const result = await explain(path);
    assert.ok(result.path.kind === 'encoded');
    assert.deepEqual(
      [
        result.path.startingPoint?.tool,
        result.path.startingPoint?.prompt,
        result.path.startingPoint?.seed,
      ],
      ['AUTOMATIC1111', 'a dog on the beach', 99],
    );
    assert.match(pathWords(result), /AUTOMATIC1111 wrote how, but this is no replay/);
  });

  it('reads picture and control under the same noises, and says how well the SAEs fit there', async () => {
    const path = write('own.png', plainPng(made.picture));
    const result = await explain(path, {
      seedCount: 2,
      firstSeed: 5,
      control: { kind: 'file', path },
    });
    assert.ok(result.path.kind === 'encoded');
    const { timestep, timesteps, seeds, signal, noise } = result.path;
    assert.deepEqual(seeds, [5, 6]);
    assert.ok(timesteps.includes(timestep) && timesteps.length === 3);
    assert.ok(Math.abs(signal ** 2 + noise ** 2 - 1) < 1e-6);
    // The picture as its own control is no different from itself.
    assert.deepEqual(result.readings, result.controlReadings);
    assert.equal(result.readings[0]?.steps.length, 2);
    assert.equal(result.fits.length, result.readings.length);
    for (const { cellCount, explainedVariance } of result.fits) {
      assert.ok(cellCount > 0 && explainedVariance <= 1);
    }
    assert.equal(result.roundTrip?.rgb.length, result.picture.rgb.length);
    const again = await explain(path, {
      seedCount: 2,
      firstSeed: 5,
      control: { kind: 'file', path },
    });
    assert.deepEqual(again, result);
  });

  it('keeps what was explained as a run, which is never made again', async () => {
    const path = write('keep.png', plainPng(made.picture));
    const { runId = '', readings } = await explain(path, { keep: true, seedCount: 2 });
    const { run, picture } = await engine.request(openRun, { runId });
    assert.deepEqual(
      [run.manifest.explained?.name, run.manifest.explained?.seedCount],
      ['keep.png', 2],
    );
    assert.deepEqual(picture, made.picture);
    assert.deepEqual((await engine.request(readRunFeatures, { runId })).readings, readings);
    const kept = await explain(run.pngPath);
    assert.equal(verdictOf(kept), 'encoded');
    assert.match(kept.file.notes.join(), /kept from an explanation of keep\.png/);
  });

  it('refuses in words', async () => {
    const path = write('refused.png', plainPng(made.picture));
    const refusals: readonly (readonly [string, Partial<ExplainParams>, RegExp])[] = [
      [path, { timestep: 999 }, /from 999, the schedule's first step, on.*Take 749, 499, 249/],
      [path, { timestep: 2.5 }, /timestep is 2.5; allowed are whole numbers from 0 to 998/],
      [path, { seedCount: 33 }, /seedCount is 33; allowed are whole numbers from 1 to 32/],
      [path, { firstSeed: -1 }, /firstSeed is -1/],
      [join(dir, 'none.png'), {}, /none\.png: The file is not there/],
      [dir, {}, /It is no file/],
      [write('empty.png', ''), {}, /empty\.png: The file is empty/],
      [write('words.png', 'not a picture'), {}, /words\.png: The file is no PNG, JPEG or WebP/],
      [path, { control: { kind: 'file', path: join(dir, 'none.png') } }, /none\.png/],
    ];
    for (const [file, change, message] of refusals) {
      await assert.rejects(explain(file, change), { code: 'invalidInput', message });
    }
  });

  it('answers mutated PNGs, JPEGs and WebPs with a picture or with words, and goes on', async () => {
    const { files } = readGoldenJson('pictures.json') as {
      files: readonly { name: string; file: string }[];
    };
    const ending = (pattern: RegExp): Buffer[] =>
      files.flatMap(({ name, file }) => (pattern.test(name) ? Buffer.from(file, 'base64') : []));
    const pngs = [readFileSync(await save(made, 'whole.png')), ...ending(/\.png$/)];
    const others = ending(/\.(jpg|webp)$/);
    const random = seededRandom(11);
    const count = soakCount(9, 3000);
    for (let round = 0; round < count; round++) {
      // Two of three are PNGs, and of these every second one has right checksums: what is read, not only what guards it.
      const list = round % 3 === 0 ? others : pngs;
      const whole = list[Math.floor(round / 3) % list.length]!;
      const bytes = Buffer.from(whole);
      for (let i = 0; i < 4; i++)
        bytes[2 + Math.floor(random() * (bytes.length - 2))] = Math.floor(random() * 256);
      if (round % 3 === 1) sealPng(bytes, whole);
      try {
        await explain(write('mutated', bytes), { timestep: 249 });
      } catch (error) {
        assert.equal(
          (error as { code?: string }).code,
          'invalidInput',
          `round ${String(round)}: ${String(error)}`,
        );
      }
    }
    assert.equal(verdictOf(await explain(await save(made, 'after.png'))), 'exact');
  });

  it('stops when it is cancelled', async () => {
    const path = write('cancelled.png', plainPng(made.picture));
    const stop = new AbortController();
    const pending = engine.request(
      explainPicture,
      { ...defaults, path, seedCount: 32 },
      {
        signal: stop.signal,
        onProgress: ({ phase }) => {
          if (phase === 'readingFeatures') stop.abort();
        },
      },
    );
    await assert.rejects(pending, { code: 'cancelled' });
    assert.equal(verdictOf(await explain(path)), 'encoded');
  });
});
