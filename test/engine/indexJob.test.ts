import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { collectKind } from '../../src/protocol/collect.ts';
import { contrastSets } from '../../src/protocol/contrast.ts';
import { generatePicture } from '../../src/protocol/engine.ts';
import { featureCard, searchFeatures } from '../../src/protocol/indexSearch.ts';
import {
  buildIndex,
  compareSaes,
  indexKind,
  listIndexes,
  qualityReport,
} from '../../src/protocol/indexes.ts';
import { checkEdit } from '../../src/protocol/interventions.ts';
import { type JobSummary, listJobs, startJob } from '../../src/protocol/jobs.ts';
import {
  embeddedModel,
  type EngineSession,
  smallRequest,
  startEngineSession,
} from '../support/engineSession.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/saeFile.ts';

const prompts = [
  'a cat on grass',
  'a dog in the snow',
  'a red apple and a bee',
  'a castle at night',
  'two bananas on the beach',
  'a cat and a dog',
  'a pizza on a yellow background',
  'a rocket in space',
];

describe('collect, index, search in the engine, on the embedded model', function () {
  this.timeout(240_000);
  this.slow(120_000);
  const folder = temporaryFolder();
  const { dir } = folder;
  const setDir = join(dir, 'set');
  const modelDir = embeddedModel;
  let engine: EngineSession;

  async function run(kind: string, params: unknown): Promise<JobSummary> {
    const { jobId } = await engine.request(startJob, { kind, params });
    return eventually(
      `the end of ${kind}`,
      async () => {
        const { jobs } = await engine.request(listJobs, null);
        const job = jobs.find((each) => each.jobId === jobId);
        return job && ['done', 'failed', 'cancelled'].includes(job.state) ? job : undefined;
      },
      120_000,
    );
  }

  before(async () => {
    engine = startEngineSession();
    writeFileSync(join(dir, 'prompts.txt'), prompts.join('\n'));
    const collected = await run(collectKind, {
      modelDir,
      provider: 'cpu',
      dir: setDir,
      prompts: { file: join(dir, 'prompts.txt') },
      firstSeed: 1,
      steps: 1,
      guidanceScale: 0,
    });
    assert.equal(collected.state, 'done', collected.error?.message);
  });
  after(async () => {
    await engine.stop();
    folder.remove();
  });

  it('indexes as a job, and counts what the pictures themselves were read with', async () => {
    const job = await run(indexKind, { modelDir, setDir });
    assert.equal(job.state, 'done', job.error?.message);
    assert.match(job.result?.summary ?? '', /features of 4 blocks over 8 pictures/);
    const indexes = await engine.request(listIndexes, { modelDir });
    const own = indexes.filter(({ isShipped }) => !isShipped);
    assert.deepEqual(own.map(({ block }) => block).sort(), [
      'down.2.1',
      'mid.0',
      'up.0.0',
      'up.0.1',
    ]);

    const sums = new Map<string, number>();
    for (const [i, prompt] of prompts.entries()) {
      const { readings } = await engine.request(generatePicture, {
        ...smallRequest,
        prompt,
        seed: 1 + i,
      });
      for (const { block, steps } of readings) {
        const sum = steps[0]!.values.reduce((a, b) => a + Math.max(0, b), 0);
        sums.set(block, (sums.get(block) ?? 0) + sum);
      }
    }
    for (const { block, sampleCount } of own) {
      const { rows } = await engine.request(searchFeatures, {
        modelDir,
        text: '',
        blocks: [block],
        hideDead: true,
        offset: 0,
        limit: 500,
      });
      const sum = rows.reduce(
        (total, { density, mean }) => total + density * sampleCount * mean,
        0,
      );
      // ΔD is collected as float16: half a unit in the eleventh bit of each value, which averages out over a block.
      assert.ok(
        Math.abs(sum / sums.get(block)! - 1) < 1e-3,
        `${block}: ${sum} for ${sums.get(block)!}`,
      );
      assert.ok(rows.every(({ best }) => existsSync(best?.path ?? '')));
    }
  });

  it('gives the unit of observed maxima to edits', async () => {
    const block = 'up.0.1';
    const params = { modelDir, text: '', blocks: [block], hideDead: true, sort: 'max' } as const;
    const { rows } = await engine.request(searchFeatures, { ...params, offset: 0, limit: 1 });
    const [{ id, max }] = rows as [(typeof rows)[number]];
    const { prompt, negativePrompt, seed, steps, guidanceScale, scheduler, width, height } =
      smallRequest;
    const { amounts } = await engine.request(checkEdit, {
      ...{ modelDir, provider: 'cpu' },
      base: { prompt, negativePrompt, seed, steps, guidanceScale, scheduler, width, height },
      recipe: {
        version: 1,
        edits: [
          {
            ...{ kind: 'add', block, sources: [{ feature: id }], rows: 'both' },
            strength: { value: 0.5, unit: 'max' },
          },
        ],
      },
    });
    assert.equal(amounts[0]?.maxFrom, 'index');
    assert.equal(amounts[0].max, max);
    assert.equal(amounts[0].amount, 0.5 * max);
  });

  it('reports the quality of each SAE', async () => {
    const reports = await engine.request(qualityReport, { modelDir });
    assert.equal(reports.length, 4);
    for (const { fits, k, formulas } of reports) {
      assert.ok(fits[0]!.explainedVariance > 0.3 && fits[0]!.explainedVariance <= 1);
      assert.ok(fits[0]!.l0 <= k!);
      assert.match(formulas['explainedVariance'] ?? '', /population variance/);
    }
  });

  it('shows a card while a picture is being made', async () => {
    const { rows } = await engine.request(searchFeatures, {
      modelDir,
      text: '',
      offset: 0,
      limit: 1,
    });
    const picture = engine.request(generatePicture, { ...smallRequest, steps: 4 });
    const { block, id } = rows[0]!;
    const card = await engine.request(featureCard, { modelDir, feature: { block, id } });
    assert.equal(card.examples[0]?.interval, 'top');
    assert.ok(card.examples[0].pictures[0]!.map instanceof Float32Array);
    await picture;
  });

  it('contrasts pictures of the set', async () => {
    const side = (pictures: readonly number[]) => ({
      kind: 'collected' as const,
      setDir,
      pictures,
    });
    const result = await engine.request(contrastSets, {
      modelDir,
      left: side([0, 1, 2, 3]),
      right: side([4, 5, 6, 7]),
      provider: 'cpu',
      falseDiscoveryRate: 0.05,
      limit: 10,
    });
    assert.ok(result.testedCount > 50);
    // Two against two: six ways to divide them, so no p-value is below 1/3.
    assert.equal(result.chosenCount, 0);
    assert.deepEqual(result.leftCounts, { chosenOn: 2, measuredOn: 2 });
    const word = (text: string, isWithout: boolean) =>
      engine.request(contrastSets, {
        ...{ modelDir, provider: 'cpu', falseDiscoveryRate: 0.05, limit: 10 },
        left: { kind: 'collectedWord', setDir, word: text, isWithout, limit: 6 },
        right: side([4, 5, 6, 7]),
      });
    // Seven of the eight prompts have it.
    assert.deepEqual((await word('A', false)).leftCounts, { chosenOn: 3, measuredOn: 3 });
    await assert.rejects(word('a', true), /4/);
  });

  it('matches an SAE with itself', async () => {
    const folder = join(modelDir, 'saes', 'mid.0');
    const { pairs, meanCosine } = await engine.request(compareSaes, {
      leftDir: folder,
      rightDir: folder,
    });
    assert.ok(pairs.every(({ left, right }) => left === right));
    assert.ok(meanCosine > 0.99999);
  });

  it('refuses a set of another model, and values out of range', async () => {
    await assert.rejects(
      engine.request(buildIndex, { modelDir, setDir, examplesPerInterval: 0 }),
      /examplesPerInterval is 0; allowed are whole numbers from 1 to 64/,
    );
    await assert.rejects(
      engine.request(buildIndex, { modelDir, setDir, blocks: ['up.9.9'] }),
      /wanted: up\.9\.9/,
    );
    await assert.rejects(engine.request(buildIndex, { modelDir, setDir: dir }), /no collected set/);
    const path = join(setDir, 'collection.json');
    const text = readFileSync(path, 'utf8');
    const name = Object.keys((JSON.parse(text) as { model: { hashes: object } }).model.hashes).find(
      (key) => key.startsWith('unet/'),
    )!;
    const { model, ...rest } = JSON.parse(text) as {
      model: { id: string; hashes: Record<string, string> };
    };
    writeFileSync(
      path,
      JSON.stringify({
        ...rest,
        model: { ...model, hashes: { ...model.hashes, [name]: '0'.repeat(64) } },
      }),
    );
    await assert.rejects(
      engine.request(buildIndex, { modelDir, setDir }),
      /collected from another model/,
    );
  });
});
