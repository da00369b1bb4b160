import assert from 'node:assert/strict';
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cancelJob, listJobs, resumeJob, startJob } from '../../src/protocol/jobs.ts';
import {
  type MarkPicture,
  planSpecialization,
  readSpecialization,
  showMark,
  specializeKind,
  type SpecializeParams,
} from '../../src/protocol/specialization.ts';
import type { ReportManifest } from '../../src/engine/lens/specialization/reportManifest.ts';
import type { SceneMasks } from '../../src/engine/lens/specialization/masks/maskFile.ts';
import type { RebuildRow, ReportRow } from '../../src/engine/lens/specialization/reportRows.ts';
import { recipeVersion } from '../../src/protocol/recipe.ts';
import { makeBoardIn } from '../support/boardRun.ts';
import { jobEnd } from '../support/collecting.ts';
import { embeddedModel, type EngineSession, startEngineSession } from '../support/engineSession.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/saeFile.ts';

const golden = join(import.meta.dirname, '..', 'golden');

describe('the job Specialize', function () {
  this.timeout(240_000);
  this.slow(60_000);
  const place = temporaryFolder();
  let engine: EngineSession;

  before(() => {
    engine = startEngineSession({ threadCount: 1 });
  });
  after(async () => {
    await engine.stop();
    place.remove();
  });

  const params = (name: string, more: Partial<SpecializeParams> = {}): SpecializeParams => ({
    ...{ modelDir: embeddedModel, provider: 'cpu', dir: join(place.dir, name) },
    ...{ prompts: { grammar: null, seed: 1 }, promptCount: 8, charts: [3, 10, 11] },
    ...{ blocks: ['mid.0', 'up.0.1'], featureCount: 2, doses: [1], stepCount: 2, ...more },
  });
  const rowsOf = (name: string): string =>
    readFileSync(join(place.dir, name, 'rows.jsonl'), 'utf8');

  it('says what it would take, and refuses what does not fit before anything is made', async () => {
    const plan = await engine.request(planSpecialization, params('none'));
    // 4 prompts x 2 blocks x 2 features and their random directions; of all 8 a picture of several steps.
    assert.deepEqual([plan.pictureCount, plan.doneCount, plan.measuredCount], [40, 0, 4]);
    const fewer = await engine.request(planSpecialization, params('none', { editPromptCount: 2 }));
    assert.deepEqual([fewer.pictureCount, fewer.measuredCount], [24, 2]);
    assert.ok((plan.secondsLeft ?? 0) > 0);
    const all = await engine.request(planSpecialization, params('none', { charts: [1] }));
    assert.ok(all.stages.includes('up.0.1') && all.stages.includes('up.0.resnet.1'));
    for (const [more, pattern] of [
      [{ promptCount: 7 }, /promptCount is 7; allowed are whole numbers from 8 to 400/],
      [{ editPromptCount: 5 }, /editPromptCount is 5; allowed are whole numbers from 2 to 4/],
      [{ doses: [0] }, /doses are 0; allowed are 1 to 8 numbers above 0/],
      [{ blocks: ['up.7.7'] }, /no block "up\.7\.7" with an SAE/],
      [{ blocks: ['mid.0'] }, /Chart 3 compares blocks/],
      [{ charts: [15] }, /cannot be started.*charts/s],
      [{ charts: [4], sceneCount: 40 }, /In 40 pictures nothing is stated by 50 of each half/],
    ] as const) {
      const bad = params('none', more as Partial<SpecializeParams>);
      await assert.rejects(engine.request(planSpecialization, bad), pattern);
    }
  });

  it('goes on after a cancel with what it has; the same choice gives the same figures', async () => {
    const whole = await start('whole');
    const end = await jobEnd(engine, whole);
    assert.match(end.result?.summary ?? '', /3 charts from \d+ measurements on 8 prompts/);

    const jobId = await start('broken');
    await eventually(
      'a few measurements',
      async () => {
        const { jobs } = await engine.request(listJobs, null);
        const job = jobs.find((one) => one.jobId === jobId);
        return job?.progress?.phase === 'Measuring' && (job.progress.doneCount ?? 0) > 2;
      },
      120_000,
    );
    await engine.request(cancelJob, { jobId });
    // As a crash would leave it: half a line.
    writeFileSync(join(place.dir, 'broken', 'rows.jsonl'), `${rowsOf('broken')}{"kind":"ed`);
    await engine.request(resumeJob, { jobId });
    await jobEnd(engine, jobId);
    assert.equal(rowsOf('broken'), rowsOf('whole'));

    const { report } = await engine.request(readSpecialization, { jobId });
    assert.ok(report);
    assert.deepEqual(
      [report.charts.map(({ id }) => id), report.missing, report.isEmbedded],
      [[3, 10, 11], [], true],
    );
    assert.ok(report.charts.every(({ formula, finding }) => formula !== '' && finding !== ''));
    const [changes] = report.charts;
    assert.deepEqual(
      changes?.facets.map(({ title }) => title),
      ['Layout', 'Colour', 'Texture', 'Specialization', 'Against random directions'],
    );
    for (const { low, y, high, n } of changes.facets.flatMap(({ series }) =>
      series.flatMap(({ marks }) => marks),
    )) {
      assert.ok(low <= y && y <= high && n === '2 features x 4 prompts');
    }
    const stepCounts = report.charts[1]!.facets.flatMap(({ series }) => series.flatMap(({ marks }) => marks.map(({ n }) => n))); // prettier-ignore
    assert.deepEqual([...new Set(stepCounts)], ['8 prompts']);
  });

  it('makes the pictures behind a mark again, as they were measured', async () => {
    const dir = join(place.dir, 'whole');
    const { report } = await engine.request(readSpecialization, { dir });
    const key = report?.charts[0]?.facets[0]?.series[0]?.marks[1]?.key ?? '';
    const show = { dir, modelDir: embeddedModel, provider: 'cpu', limit: 3 } as const;
    const { pictures, count, order } = await engine.request(showMark, { ...show, key });
    assert.deepEqual([pictures.length, count], [3, 8]);
    assert.match(order, /changed least/);
    for (const { shots, pixelDistance, label } of pictures) {
      // float32 map, float64 mean.
      assert.ok(Math.abs(shotDistance(shots) - (pixelDistance ?? NaN)) < 1e-4);
      assert.match(label, /^up\.0\.1\/\d+, dose 1$/);
    }
    // Charts about steps: the picture, the one it is compared with, and cells by what is read of them.
    const [, fit, stay] = report?.charts ?? [];
    const keyOf = (chart: typeof fit, name: string): string =>
      chart?.facets[0]?.series.find((each) => each.name === name)?.marks[0]?.key ?? '';
    const explained = await engine.request(showMark, { ...show, key: keyOf(fit, 'mid.0') });
    assert.equal(explained.count, 8);
    const figures = explained.pictures.map(({ label }) => Number(/^mid\.0, step 1: R² ([\d.]+), /.exec(label)?.[1])); // prettier-ignore
    assert.ok(figures.length === 3 && figures.every((value, i) => value >= (figures[i - 1] ?? 0)));
    for (const { shots } of explained.pictures) {
      assert.deepEqual(shots.map(({ name }) => name), ['Picture', 'Cells by what the SAE explains']); // prettier-ignore
      assert.ok(shotDistance(shots) > 0);
    }
    const control = keyOf(stay, 'mid.0, other prompt');
    const { pictures: compared } = await engine.request(showMark, { ...show, key: control });
    assert.match(compared[0]?.label ?? '', /^mid\.0, step 1 and the next prompt’s step 2: IoU [\d.]+, cosine /); // prettier-ignore
    assert.deepEqual(compared.map(({ shots }) => shots.length), [3, 3, 3]); // prettier-ignore

    await assert.rejects(
      engine.request(showMark, { ...show, key: 'edit x' }),
      /no pictures "edit x"/,
    );
    await assert.rejects(
      engine.request(readSpecialization, { dir: place.dir }),
      /holds no report on block specialization/,
    );
  });

  it('scores what known scenes state, and rebuilds blocks from few features', async () => {
    const dir = join(place.dir, 'scenes');
    const { jobId } = await engine.request(startJob, {
      kind: specializeKind,
      params: params('scenes', {
        ...{ charts: [4, 6, 14], sceneCount: 60, pairsMin: 8, blocks: ['mid.0'] },
      }),
    });
    await jobEnd(engine, jobId);
    const { report } = await engine.request(readSpecialization, { dir });
    assert.deepEqual([report?.charts.map(({ id }) => id), report?.missing], [[4, 6, 14], []]);
    const [scores, probes, rebuilt] = report?.charts ?? [];
    const cells = scores?.facets.flatMap(({ series }) => series.flatMap(({ marks }) => marks));
    assert.ok(cells && cells.length >= 3 && cells.every(({ y }) => y >= 0 && y <= 1));
    // The prompt says what the factor is: its own embedding tells it.
    const told = probes?.facets[0]?.series.find(({ name }) => name.startsWith('embedding'));
    const best = Math.max(...(told?.marks.map(({ y }) => y) ?? []));
    assert.ok(best > 0.65, JSON.stringify(told?.marks));
    const pca = rebuilt?.facets[0]?.series[1]?.marks.map(({ y }) => y) ?? [];
    assert.ok(pca.length === 5 && pca.every((y, i) => i === 0 || y > pca[i - 1]!), String(pca));

    // Behind a mark are scoring pairs: the picture that states the factor comes second.
    const show = { dir, modelDir: embeddedModel, provider: 'cpu', limit: 3 } as const;
    const series = scores?.facets[0]?.series.find(({ name }) => !name.includes(': '));
    const key = series?.marks[0]?.key ?? '';
    assert.equal(key, `score mid.0 ${series?.name}`);
    const shown = await engine.request(showMark, { ...show, key });
    assert.ok(shown.count >= 8 && shown.pictures.length === 3, String(shown.count));
    for (const { label, prompt, pixelDistance } of shown.pictures) {
      assert.match(label, /^\w+: mean code of mid\.0\/\d+ [\d.e-]+ with it, [\d.e-]+ without$/);
      assert.match(prompt, /^.+ \| .+$/);
      assert.ok((pixelDistance ?? 0) > 0);
    }
    const ofProbe = probes?.facets[0]?.series[0]?.marks[0]?.key ?? '';
    const behind = await engine.request(showMark, { ...show, key: ofProbe });
    assert.ok(behind.count > shown.count, `${behind.count} ${shown.count}`);

    // With as many features as the SAE has active, the picture is that of the edit Reconstruct.
    const rows = readFileSync(join(dir, 'rows.jsonl'), 'utf8').trim().split('\n');
    const row = rows
      .map((line) => JSON.parse(line) as RebuildRow)
      .find(({ arm, count, prompt }) => arm === 'sae' && count === 16 && prompt === 1);
    const manifest = JSON.parse(readFileSync(join(dir, 'specialization.json'), 'utf8')) as ReportManifest; // prettier-ignore
    const { prompts, picture, steps } = manifest.settled;
    const base = { ...prompts[1]!, ...picture, steps: steps.main };
    const edit = { kind: 'reconstruct', block: 'mid.0', withError: false, maps: 'static' } as const;
    const recipe = { version: recipeVersion, edits: [edit] } as const;
    const board = { modelDir: embeddedModel, provider: 'cpu', bases: [base], variants: [recipe] } as const; // prettier-ignore
    const made = (await makeBoardIn(engine, board)).at(-1)?.figures?.pixelDistance ?? NaN;
    // The same sums in another order: float32, and pictures rounded to 8 bits.
    assert.ok(Math.abs(made - (row?.pixel ?? NaN)) < 0.02, `${made} ${row?.pixel}`);
  });

  it('carries one prompt’s run to another’s, by features, updates and neurons', async () => {
    const dir = join(place.dir, 'pairs');
    const wish = { charts: [7, 8], editCount: 2, frontCount: 3, strengths: [1], transferCount: 40 } as const; // prettier-ignore
    const { jobId } = await engine.request(startJob, {
      kind: specializeKind,
      params: params('pairs', wish),
    });
    await jobEnd(engine, jobId);
    const { report } = await engine.request(readSpecialization, { dir });
    assert.deepEqual([report?.charts.map(({ id }) => id), report?.missing], [[7, 8], []]);
    const [shares, fronts] = report?.charts ?? [];
    // Of two blocks the shares of a kind are one in all.
    const [one, other] = shares?.facets.map(({ series }) => series[0]?.marks.map(({ y }) => y)) ?? []; // prettier-ignore
    assert.ok(one?.length === 9 && one.every((y, i) => Math.abs(y + other![i]! - 1) < 1e-9));
    const show = { dir, modelDir: embeddedModel, provider: 'cpu', limit: 2 } as const;
    const pair = await engine.request(showMark, { ...show, key: 'pair change' });
    assert.deepEqual([pair.count, pair.pictures[0]?.label], [2, 'change']);
    const keys = fronts?.facets[0]?.series.flatMap(({ marks }) => marks[1]?.key ?? []) ?? [];
    assert.deepEqual(keys, ['feature', 'delta', 'random', 'neuron'].map((arm) => `transfer ${arm} 1`)); // prettier-ignore
    for (const key of keys) {
      const { pictures, count } = await engine.request(showMark, { ...show, key });
      assert.deepEqual([count, pictures.length], [3, 2]);
      for (const { shots, pixelDistance, prompt } of pictures) {
        // float32 map, float64 mean.
        assert.ok(Math.abs(shotDistance(shots) - (pixelDistance ?? NaN)) < 1e-4, key);
        assert.deepEqual([shots.length, shots[2]?.name], [3, 'Edited prompt']);
        assert.match(prompt, / → /);
      }
    }
    const bad = params('none', { ...wish, strengths: [99] });
    await assert.rejects(engine.request(planSpecialization, bad), /strengths are 99; allowed are/);
  });

  it('charts that networks judge: with and without a classifier in the model’s folder', async () => {
    const modelDir = join(place.dir, 'model');
    cpSync(embeddedModel, modelDir, { recursive: true });
    rmSync(join(modelDir, 'classifier'), { recursive: true, force: true });
    const charts = { charts: [4, 5, 13], sceneCount: 60, pairsMin: 8, blocks: ['mid.0'], modelDir } as const; // prettier-ignore
    const without = await engine.request(planSpecialization, params('none', charts));
    assert.deepEqual(without.charts, [4, 13]);
    assert.match(
      without.absent.join(),
      /^Chart 5 .* is absent: the model’s folder has no classifier/,
    );
    const alone = params('none', { ...charts, charts: [5] });
    await assert.rejects(engine.request(planSpecialization, alone), /has no classifier/);

    mkdirSync(join(modelDir, 'classifier'));
    for (const name of ['classifier.onnx', 'classifier.json']) {
      copyFileSync(join(golden, name), join(modelDir, 'classifier', name));
    }
    const dir = join(place.dir, 'looks');
    const { jobId } = await engine.request(startJob, {
      kind: specializeKind,
      params: params('looks', charts),
    });
    await jobEnd(engine, jobId);
    const { report } = await engine.request(readSpecialization, { dir });
    assert.deepEqual([report?.charts.map(({ id }) => id), report?.missing], [[4, 5, 13], []]);
    const [scores, steered, concepts] = report?.charts ?? [];
    assert.match(concepts?.formula ?? '', /own classifier/);
    const cell = steered?.facets[0]?.series.find(({ marks }) => marks.length > 0);
    assert.ok(cell, 'no class was seen in five pictures');
    // Behind a mark are the pictures that were measured: the classifier sees in them what the row says.
    const key = cell.marks[0]?.key ?? '';
    const shown = { dir, modelDir, provider: 'cpu', limit: 2 } as const;
    const { pictures, count } = await engine.request(showMark, { ...shown, key });
    assert.ok(count >= 8 && pictures.length === 2);
    assert.match(pictures[0]?.label ?? '', /^mid\.0\/\d+, dose 1$/);
    // Masks are the cells in which the classifier sees a colour: sixty pictures beside the untrained ones, and a score a colour.
    const plan = await engine.request(planSpecialization, params('looks', charts));
    const without4 = params('none', { ...charts, charts: [5, 13] });
    const { pictureCount } = await engine.request(planSpecialization, without4);
    const scoreCount = scores?.facets[0]?.series.length ?? 0;
    assert.equal(plan.pictureCount, pictureCount + scoreCount + 60 + 60 + 3);
    assert.equal(plan.doneCount, plan.pictureCount);
    const lines = readFileSync(join(dir, 'masks.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as SceneMasks); // prettier-ignore
    assert.equal(lines.length, 60);
    const saeFile = join(modelDir, 'saes', 'mid.0', 'sae.json');
    const { k } = JSON.parse(readFileSync(saeFile, 'utf8')) as { readonly k: number };
    const shownIn = lines.filter(({ nouns }) => nouns.length > 0);
    for (const { nouns, blocks } of shownIn) {
      const { active, cellCount, stepCount, masks } = blocks['mid.0']!;
      assert.ok(nouns.every(({ noun, cells }) => cells >= 4 && /^(red|green|blue)$/.test(noun)));
      assert.equal(masks.length, nouns.length);
      // As many of each control are active in a cell as of mid.0's features.
      const perCell = [active.feature, active.random, active.channel].map(({ cells }) => [...cells].sort((a, b) => a - b)); // prettier-ignore
      assert.deepEqual(perCell[1], perCell[0]);
      assert.deepEqual(perCell[2], perCell[0]);
      assert.ok(perCell[0]!.length > 0 && perCell[0]!.length <= k * cellCount * stepCount);
      assert.deepEqual(
        [...active.component!.cells].sort((a, b) => a - b),
        perCell[0],
      );
    }
    const told = readFileSync(join(dir, 'rows.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as ReportRow).filter((row) => row.kind === 'maskScore'); // prettier-ignore
    assert.equal(told.length, 3 * 4);
    for (const { noun, choosing, measuring, iou } of told) {
      const having = shownIn.filter(({ nouns }) => nouns.some((each) => each.noun === noun));
      assert.equal(choosing + measuring, having.length);
      assert.equal(iou === null, Math.min(choosing, measuring) < 4);
    }
    assert.match(
      scores?.finding ?? '',
      /Objects’ cells: .*mid\.0 \(0\.\d\d; highest control .* for 3 nouns\)/,
    );
    // Behind a bar: the objects of the measuring pictures, with the cells that were counted.
    const cellsOf = (report?.charts[0]?.facets ?? []).find(({ title }) => title.includes('cells'));
    const bar = cellsOf?.series[0]?.marks[0]?.key ?? '';
    assert.equal(bar, 'mask mid.0 feature');
    const marked = await engine.request(showMark, { ...shown, key: bar });
    const scoredNouns = told.filter(({ arm, iou }) => arm === 'feature' && iou !== null);
    assert.equal(marked.count, scoredNouns.reduce((sum, { measuring }) => sum + measuring, 0)); // prettier-ignore
    const ious = marked.pictures.map(({ label }) => Number(/IoU ([\d.e-]+)$/.exec(label)?.[1]));
    assert.ok(ious.length === 2 && ious[0]! <= ious[1]!, String(ious));
    for (const { shots, pixelDistance } of marked.pictures) {
      assert.equal(pixelDistance, null);
      const [picture, ...lit] = shots.map((shot) => shot.picture.rgb);
      for (const rgb of lit) {
        assert.ok(rgb.every((value, i) => value <= picture![i]! && value >= picture![i]! / 4 - 1));
      }
    }
    const icons = await engine.request(showMark, { ...shown, key: 'concept mid.0' });
    assert.match(icons.pictures[0]?.label ?? '', /^Icon of mid\.0\/\d+$/);
    assert.equal(icons.pictures[0]?.prompt, '');
  });

  it('refuses to mix another choice into a report', async () => {
    await assert.rejects(
      engine.request(planSpecialization, params('whole', { seed: 5 })),
      /holds a report with another choice of .*seed/,
    );
  });

  async function start(name: string): Promise<string> {
    const { jobId } = await engine.request(startJob, {
      kind: specializeKind,
      params: params(name),
    });
    return jobId;
  }
});

/** Mean |Δ| of 255 between the first two of the pictures behind a mark. */
function shotDistance([one, other]: MarkPicture['shots']): number {
  const [a, b] = [one!.picture.rgb, other!.picture.rgb];
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;
}
