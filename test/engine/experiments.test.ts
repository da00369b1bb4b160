import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Ajv } from 'ajv';
import { describeModel } from '../../src/protocol/engine.ts';
import { FeaturescopeError } from '../../src/protocol/errors.ts';
import {
  type Experiment,
  type ExperimentParams,
  experimentVersion,
  exportExperiment,
  openExperimentPicture,
  readExperimentResults,
  replayExperiment,
  runExperiment,
} from '../../src/protocol/experiment.ts';
import { experimentIssues } from '../../src/protocol/experimentSchema.ts';
import { formatExperiment } from '../../src/protocol/experimentText.ts';
import { type BlockDescription, listBlocks } from '../../src/protocol/features.ts';
import {
  embeddedModel,
  type EngineSession,
  smallRequest,
  startEngineSession,
} from '../support/engineSession.ts';
import { randomExperiment } from '../support/randomExperiment.ts';
import { seededRandom, soakCount } from '../support/soak.ts';

const root = join(import.meta.dirname, '..', '..');
const { prompt, negativePrompt, seed, steps, guidanceScale, scheduler, width, height } =
  smallRequest;
const picture = { prompt, negativePrompt, seed, steps, guidanceScale, scheduler, width, height };
const startSeed = 7;

describe('experiments', function () {
  this.timeout(soakCount(120_000, 3_600_000));
  this.slow(20_000);
  let engine: EngineSession;
  let dir: string;
  let modelId: string;
  let blocks: readonly BlockDescription[];
  let experiment: Experiment;

  before(async () => {
    engine = startEngineSession();
    dir = mkdtempSync(join(tmpdir(), 'featurescope-experiment-'));
    modelId = (await engine.request(describeModel, { modelDir: embeddedModel })).id;
    blocks = await engine.request(listBlocks, { modelDir: embeddedModel });
    experiment = {
      version: experimentVersion,
      title: 'Two seeds',
      model: { id: modelId },
      picture,
      columns: { kind: 'seeds', seeds: [1, 2] },
      variants: [
        { id: 'v1', name: 'no update', edits: [{ kind: 'ablate', block: 'up.0.1' }] },
        { id: 'v2', edits: [{ kind: 'ablate', block: 'mid.0' }] },
      ],
    };
  });
  after(async () => {
    await engine.stop();
    rmSync(dir, { recursive: true });
  });

  const place = (name: string, one: Experiment | string): ExperimentParams => {
    const path = join(dir, name, 'x.sae.json');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof one === 'string' ? one : formatExperiment(one));
    return { path, modelDir: embeddedModel, provider: 'cpu' };
  };
  const bytesOf = (folder: string): Record<string, string> =>
    Object.fromEntries(
      readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'base64')]),
    );

  it('a run that was ended goes on, and leaves the bytes of an unbroken one from the command line', async () => {
    const params = place('resumed', experiment);
    const abort = new AbortController();
    await assert.rejects(
      engine.request(runExperiment, params, {
        signal: abort.signal,
        onProgress: ({ phase }) => {
          if (phase === 'made') abort.abort();
        },
      }),
      (error: unknown) => FeaturescopeError.from(error).code === 'cancelled',
    );
    const begun = await engine.request(readExperimentResults, params);
    assert.equal(begun.isComplete, false);
    assert.ok(begun.rows.length >= 1 && begun.rows.length < 6);
    const done = await engine.request(runExperiment, params);
    assert.deepEqual([done.isComplete, done.rows.length], [true, 6]);
    assert.equal(done.madeCount, 6 - begun.rows.length);
    assert.deepEqual(
      done.rows.map(({ column, variant }) => [column, variant]),
      [0, 1].flatMap((column) => [null, 'v1', 'v2'].map((variant) => [column, variant])),
    );
    assert.equal((await engine.request(runExperiment, params)).madeCount, 0);

    const other = place(
      'unbroken',
      `// Another name, another place.\n${formatExperiment({ ...experiment, title: 'x' })}`,
    );
    const out = execFileSync(
      process.execPath,
      [join(root, 'dist', 'cli.cjs'), 'run', other.path, '--json'],
      {
        encoding: 'utf8',
        stdio: 'pipe',
        env: { ...process.env, FEATURESCOPE_STORAGE: join(dir, 'storage') },
      },
    );
    const printed = JSON.parse(out) as typeof done;
    assert.equal(printed.hash, done.hash);
    assert.deepEqual(bytesOf(printed.dir), bytesOf(done.dir));
    assert.deepEqual(readdirSync(dirname(done.dir)), [done.hash], 'nothing else is left');
  });

  it('only what changed is made; one cell can be made alone', async () => {
    const params = place('changed', experiment);
    const alone = { ...params, only: { column: 1, variant: 'v2' } };
    const one = await engine.request(runExperiment, alone);
    assert.deepEqual(
      one.rows.map(({ column, variant }) => [column, variant]),
      [
        [1, null],
        [1, 'v2'],
      ],
    );
    assert.equal((await engine.request(runExperiment, params)).madeCount, 4);
    const [first, second] = experiment.variants;
    const edits = [{ kind: 'ablate', block: 'down.2.1' }] as const;
    const text = formatExperiment({ ...experiment, variants: [first!, { ...second!, edits }] });
    const next = await engine.request(runExperiment, { ...params, text });
    assert.equal(next.madeCount, 2);
    const { picture: shown, manifest } = await engine.request(openExperimentPicture, {
      ...{ ...params, text, picture: 'c2-v2.png' },
    });
    assert.deepEqual([shown.width, manifest.seed, manifest.createdAt], [width, 2, '']);
    assert.deepEqual(manifest.recipe?.edits, edits);
    await assert.rejects(
      engine.request(runExperiment, { ...params, only: { column: 0, variant: 'v9' } }),
      /no variant "v9" in column 1/,
    );
  });

  it('replay finds a changed figure, and says what was made by something else', async () => {
    const params = place('replayed', { ...experiment, columns: { kind: 'one' } });
    await assert.rejects(engine.request(replayExperiment, params), /no complete results .* Run it/);
    const { dir: results } = await engine.request(runExperiment, params);
    const rows = join(results, 'results.jsonl');
    const text = readFileSync(rows, 'utf8');
    writeFileSync(rows, text.replace(/"ssim":0\.\d/, '"ssim":0.0'));
    const report = await engine.request(replayExperiment, params);
    assert.deepEqual([report.verdict, report.isBitsAsked], ['differs', true]);
    const words = report.pictures.map((each) => each.words).filter(Boolean);
    assert.deepEqual(words, ['figures differ']);
    writeFileSync(rows, text);
    const manifest = join(results, 'manifest.json');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"cpu"', '"cuda"'));
    const elsewhere = await engine.request(replayExperiment, params);
    assert.deepEqual(elsewhere.changes, ['provider cuda, now cpu']);
    assert.deepEqual([elsewhere.verdict, elsewhere.isBitsAsked], ['equal', false]);
    await assert.rejects(engine.request(runExperiment, params), /another setting \(provider cuda/);
    const fresh = await engine.request(runExperiment, { ...params, isFresh: true });
    assert.deepEqual([fresh.madeCount, fresh.manifest?.provider], [3, 'cpu']);
    writeFileSync(join(results, 'c1-v1.png'), readFileSync(join(results, 'c1.png')));
    await assert.rejects(engine.request(replayExperiment, params), /"c1-v1\.png" .* were changed/);
  });

  it('is written as report, table and Python', async () => {
    const params = place('exported', {
      ...experiment,
      ...{ columns: { kind: 'one' }, metrics: ['ssim', 'share'] },
    });
    const form = 'markdown';
    await assert.rejects(engine.request(exportExperiment, { ...params, form }), /0 of 3 .* Run it/);
    await engine.request(runExperiment, params);
    const write = async (one: 'python' | 'markdown' | 'csv'): Promise<readonly string[]> =>
      (await engine.request(exportExperiment, { ...params, form: one })).paths;
    const [report = ''] = await write('markdown');
    const markdown = readFileSync(report, 'utf8');
    assert.match(markdown, /^# Two seeds\n[^]*\| no update \| ablate up\.0\.1 \|/);
    const images = [...markdown.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)].map(([, path]) => path!);
    assert.equal(images.length, 3);
    for (const image of images) assert.ok(existsSync(join(dirname(report), image)), image);
    const [table = ''] = await write('csv');
    const [head, ...lines] = readFileSync(table, 'utf8').trimEnd().split('\r\n');
    assert.equal(head, 'column,seed,prompt,variant,picture,area,ssim,share');
    assert.equal(lines.length, 3);
    assert.match(lines[1]!, /^1,1,a cat on grass,v1,c1-v1\.png,everything,0\.\d+,1$/);
    const scripts = await write('python');
    assert.equal(scripts.length, 2);
    assert.match(
      readFileSync(scripts[0]!, 'utf8'),
      /StableDiffusionXLPipeline[^]*NAME = "no update"/,
    );
  });

  it('refuses another model and another SAE by name', async () => {
    const refused = async (change: Partial<Experiment>, message: RegExp): Promise<void> => {
      const params = place('refused', { ...experiment, ...change });
      await assert.rejects(engine.request(runExperiment, params), message);
    };
    await refused({ model: { id: 'other' } }, /about the model "other"; chosen is/);
    const sha256 = 'a'.repeat(64);
    await refused({ model: { id: modelId, sha256 } }, /the hash aaaaaaaaaaaa…; those here have/);
    await refused({ saes: { 'up.0.1': sha256 } }, /the SAE aaaaaaaaaaaa… of up\.0\.1; in use is/);
    await refused({ saes: { 'up.9.9': sha256 } }, /of up\.9\.9; there is none/);
  });

  const randomCount = soakCount(2, 20);
  it(`${String(randomCount)} random ones: text, run and replay agree`, async () => {
    const validate = new Ajv().compile(
      withoutOwnWords(readFileSync(join(root, 'media', 'experiment.schema.json'), 'utf8')),
    );
    for (let index = 0; index < randomCount; index++) {
      const one = randomExperiment(seededRandom(startSeed + index), modelId, blocks);
      const title = `seed ${String(startSeed + index)}`;
      const text = formatExperiment(one);
      assert.ok(validate(JSON.parse(text)), `${title}: ${JSON.stringify(validate.errors)}`);
      const params = place(`random-${String(index)}`, text);
      const { isComplete } = await engine.request(runExperiment, params);
      assert.ok(isComplete, title);
      const report = await engine.request(replayExperiment, params);
      const found = report.pictures.map((each) => each.words).join('; ');
      assert.equal(report.verdict, 'equal', `${title}: ${found}`);
    }
  });

  const mutationCount = soakCount(40, 2000);
  it(`${String(mutationCount)} damaged files: clear errors only, and the published schema agrees`, async () => {
    const validate = new Ajv().compile(
      withoutOwnWords(readFileSync(join(root, 'media', 'experiment.schema.json'), 'utf8')),
    );
    let refusedCount = 0;
    for (let index = 0; index < mutationCount; index++) {
      const random = seededRandom(startSeed + index);
      const whole = randomExperiment(random, modelId, blocks);
      const text =
        index % 2 === 0
          ? damaged(formatExperiment(whole), random)
          : formatExperiment(mutated(whole, random));
      const title = `mutation ${String(startSeed + index)}: ${text.slice(0, 2000)}`;
      const params = { ...place('damaged', text), provider: 'cpu' } as const;
      const error = await engine.request(readExperimentResults, params).then(
        () => undefined,
        (thrown: unknown) => FeaturescopeError.from(thrown),
      );
      if (error) {
        refusedCount++;
        assert.equal(
          error.code,
          'invalidInput',
          `${title}\n${error.message}\n${error.detail ?? ''}`,
        );
        assert.ok(
          error.message.length > 20 && error.message.length < 600,
          `${title}\n${error.message}`,
        );
        assert.doesNotMatch(error.message, /undefined|\[object|is Invalid input/, title);
      }
      if (index % 2 === 0) continue;
      const value: unknown = JSON.parse(text);
      if (experimentIssues(value).length === 0) assert.ok(validate(value), title);
    }
    assert.ok(refusedCount > mutationCount / 4, `only ${String(refusedCount)} were refused`);
  });
});

/** Ajv refuses keywords that JSON Schema does not have; VS Code has this one. */
function withoutOwnWords(text: string): object {
  const { allowTrailingCommas, ...schema } = JSON.parse(text) as Record<string, unknown>;
  assert.equal(allowTrailingCommas, true);
  return schema;
}

/** A text as bad disks and careless fingers leave it. */
function damaged(text: string, random: () => number): string {
  const at = Math.floor(random() * text.length);
  const to = Math.min(text.length, at + 1 + Math.floor(random() * 40));
  const kinds = [
    () => text.slice(0, at),
    () => text.slice(0, at) + text.slice(to),
    () => text.slice(0, to) + text.slice(at),
    () => text.slice(0, at) + String.fromCharCode(32 + random() * 95) + text.slice(at + 1),
    () => text.slice(0, at) + '{["'.charAt(random() * 3).repeat(200) + text.slice(at),
  ];
  return kinds[Math.floor(random() * kinds.length)]!();
}

/** One value of an experiment, somewhere, is another one, gone, or beside one that nobody knows. */
function mutated(experiment: Experiment, random: () => number): Experiment {
  const copy = structuredClone(experiment) as unknown as Record<string, unknown>;
  const places: (readonly [Record<string, unknown>, string])[] = [];
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const key of Object.keys(value)) {
      places.push([value as Record<string, unknown>, key]);
      walk((value as Record<string, unknown>)[key]);
    }
  };
  walk(copy);
  const [holder, key] = places[Math.floor(random() * places.length)]!;
  const values = [-1, 1e9, 0.5, '', '../x', 'x'.repeat(2000), null, true, [], {}, [null], 2 ** 32];
  const choice = Math.floor(random() * (values.length + 2));
  if (choice === values.length) Reflect.deleteProperty(holder, key);
  else if (choice > values.length) holder['unknown'] = 1;
  else holder[key] = values[choice];
  return JSON.parse(JSON.stringify(copy)) as Experiment;
}
