import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeModel } from '../../src/protocol/engine.ts';
import { compareSaes } from '../../src/protocol/indexes.ts';
import type { EditFigures } from '../../src/protocol/interventions.ts';
import { startJob } from '../../src/protocol/jobs.ts';
import {
  listPictureFits,
  pictureFitKind,
  type PictureFitParams,
} from '../../src/protocol/pictureFit.ts';
import { makeBoardIn } from '../support/boardRun.ts';
import { jobEnd } from '../support/collecting.ts';
import { embeddedModel, type EngineSession, startEngineSession } from '../support/engineSession.ts';
import { temporaryFolder } from '../support/saeFile.ts';

const block = 'mid.0';
const prompts = ['a red apple on grass', 'two bananas on the beach', 'a castle at night'];
/** `t_{0.975, 2}` of a printed table. */
const t = 4.302653;

describe('SAE quality in the picture', function () {
  this.timeout(120_000);
  this.slow(20_000);
  const place = temporaryFolder();
  let engine: EngineSession;
  const params: PictureFitParams = {
    ...{ modelDir: embeddedModel, provider: 'cpu', blocks: [block], firstSeed: 5 },
    prompts: { file: join(place.dir, 'prompts.txt') },
  };
  const measure = async (): Promise<void> => {
    await jobEnd(engine, (await engine.request(startJob, { kind: pictureFitKind, params })).jobId);
  };
  const rowsPath = (): string => {
    const root = join(engine.storageDir, 'picture-fits');
    const found = readdirSync(root, { recursive: true, encoding: 'utf8' });
    return join(root, found.find((name) => name.endsWith('rows.jsonl')) ?? '');
  };

  before(() => {
    writeFileSync(join(place.dir, 'prompts.txt'), prompts.join('\n'));
    engine = startEngineSession({ threadCount: 1 });
  });
  after(async () => {
    await engine.stop();
    place.remove();
  });

  it('is the mean over pictures of a board made one by one, with its interval', async () => {
    await measure();
    const [fit] = await engine.request(listPictureFits, { modelDir: embeddedModel });
    assert.ok(fit, 'It was not measured.');
    assert.deepEqual([fit.promptCount, fit.totalCount, fit.block], [3, 3, block]);

    const { defaults } = await engine.request(describeModel, { modelDir: embeddedModel });
    const figures: (readonly (EditFigures | null)[])[] = [];
    for (const [i, prompt] of prompts.entries()) {
      const { steps, guidanceScale, scheduler, width, height } = defaults;
      const base = { prompt, negativePrompt: '', seed: 5 + i, steps, guidanceScale };
      const made = await makeBoardIn(engine, {
        ...{ modelDir: embeddedModel, provider: 'cpu' },
        bases: [{ ...base, scheduler, width, height }],
        variants: [
          {
            version: 1,
            edits: [{ kind: 'reconstruct', block, withError: false, maps: 'adaptive' }],
          },
          { version: 1, edits: [{ kind: 'ablate', block }] },
        ],
      });
      figures.push(made.slice(1).map((picture) => picture.figures));
    }
    const check = (
      found: { readonly value: number; readonly low: number; readonly high: number },
      values: readonly number[],
    ): void => {
      const mean = (values[0]! + values[1]! + values[2]!) / 3;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 2;
      // Both sums are float64; t has seven digits.
      assert.ok(Math.abs(found.value - mean) < 1e-12 * Math.abs(mean));
      assert.ok(Math.abs(found.high - mean - t * Math.sqrt(variance / 3)) < 1e-5);
      assert.ok(Math.abs(found.high + found.low - 2 * mean) < 1e-9);
    };
    for (const [arm, distances] of [fit.rebuilt, fit.ablated].entries()) {
      const of = (pick: (one: EditFigures) => number): number[] =>
        figures.map((both) => pick(both[arm] ?? assert.fail()));
      check(
        distances.ssim,
        of(({ ssim }) => ssim),
      );
      check(
        distances.pixel,
        of(({ pixelDistance }) => pixelDistance),
      );
    }
    assert.ok(fit.ablated.pixel.value > 0, 'Leaving the block out changes nothing.');
  });

  it('goes on after a crash, and gives the same bytes', async () => {
    const whole = readFileSync(rowsPath(), 'utf8');
    const lines = whole.split('\n');
    // Two rows are missing, a third is half there.
    writeFileSync(rowsPath(), `${lines.slice(0, 3).join('\n')}\n${lines[3]!.slice(0, 9)}`);
    assert.deepEqual(await engine.request(listPictureFits, { modelDir: embeddedModel }), []);
    await measure();
    assert.equal(readFileSync(rowsPath(), 'utf8'), whole);
  });

  it('stands beside another SAE that was measured on the same prompts', async () => {
    const dir = join(embeddedModel, 'saes', block);
    // The other one's measurements, made up: 0.1 nearer in every picture.
    const other = join(place.dir, 'other');
    cpSync(dir, other, { recursive: true });
    const manifest = JSON.parse(readFileSync(join(other, 'sae.json'), 'utf8')) as {
      weights: { sha256: string };
    };
    const own = manifest.weights.sha256;
    const sha256 = own.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
    manifest.weights.sha256 = sha256;
    writeFileSync(join(other, 'sae.json'), JSON.stringify(manifest));
    const root = join(engine.storageDir, 'picture-fits');
    cpSync(join(root, own), join(root, sha256), { recursive: true });
    const theirs = rowsPath().replace(own, sha256);
    const rows = readFileSync(theirs, 'utf8').trim().split('\n');
    const moved = rows.map((line) => {
      const row = JSON.parse(line) as { arm: string; pixel: number };
      return JSON.stringify({ ...row, pixel: row.pixel - (row.arm === 'sae' ? 0.1 : 0) });
    });
    writeFileSync(theirs, `${moved.slice(0, 4).join('\n')}\n`);
    const { inPicture } = await engine.request(compareSaes, { leftDir: dir, rightDir: other });
    // Only the two prompts that both have; sums are float64.
    assert.equal(inPicture?.left.promptCount, 2);
    assert.ok(Math.abs(inPicture.difference.pixel.value - 0.1) < 1e-9);
    assert.ok(Math.abs(inPicture.difference.ssim.value) < 1e-12);
    const same = await engine.request(compareSaes, { leftDir: other, rightDir: dir });
    assert.ok(Math.abs((same.inPicture?.difference.pixel.value ?? 0) + 0.1) < 1e-9);
  });

  it('refuses what does not fit before anything is made', async () => {
    for (const [change, pattern] of [
      [{ promptCount: 1 }, /promptCount/],
      [{ blocks: ['up.7.7'] }, /Blocks with an SAE: .*; wanted: up\.7\.7/],
      [{ promptCount: 9 }, /prompts\.txt has 3 prompts; 9 are wanted/],
    ] as const) {
      const start = async (): Promise<void> => {
        const bad = { ...params, ...change };
        const { jobId } = await engine.request(startJob, { kind: pictureFitKind, params: bad });
        await jobEnd(engine, jobId);
      };
      await assert.rejects(start(), pattern);
    }
  });
});
