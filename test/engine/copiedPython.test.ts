import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { activities, ranked } from '../../src/numerics/codes.ts';
import type { Picture } from '../../src/protocol/engine.ts';
import { listBlocks } from '../../src/protocol/features.ts';
import { copyEdit, runBoard } from '../../src/protocol/interventions.ts';
import type { Edit, EditMask, PictureBase } from '../../src/protocol/recipe.ts';
import type { Caller } from '../../src/protocol/request.ts';
import {
  embeddedModel,
  type EngineSession,
  smallRequest,
  startEngineSession,
} from '../support/engineSession.ts';
import { largestDifference } from '../support/golden.ts';
import { useLargest } from '../support/useLargest.ts';

/** Of 255: a value on the border between two whole numbers may round either way. */
const pixelTolerance = 2;

/** Runs scripts one after the other in one Python, which loads torch once. */
const driver = `
import json, runpy, sys
for argv in json.load(open(sys.argv[1])):
    sys.argv = argv
    runpy.run_path(argv[0], run_name='__main__')
`;

describe('an edit copied as Python', () => {
  const choice = { modelDir: embeddedModel, provider: 'cpu' } as const;
  const python = process.env['FEATURESCOPE_PYTHON'] ?? 'python3';
  const modelDir = process.env['FEATURESCOPE_DIFFUSERS_MODEL'] ?? '';
  const note = useLargest();
  let engine: EngineSession | undefined;
  let dir = '';

  before(function () {
    // Ends where a Python with torch and diffusers, and the embedded model in diffusers' form, are named.
    const probe = spawnSync(python, ['-c', 'import torch, diffusers, safetensors']);
    if (probe.status !== 0)
      skip(this, `${python} has no torch and diffusers (FEATURESCOPE_PYTHON)`);
    if (!existsSync(join(modelDir, 'model_index.json'))) {
      skip(this, 'no embedded model in the form of diffusers (FEATURESCOPE_DIFFUSERS_MODEL)');
    }
    engine = startEngineSession({ threadCount: 1 });
    dir = mkdtempSync(join(tmpdir(), 'featurescope-python-'));
  });
  after(async () => {
    await engine?.stop();
    if (dir !== '') rmSync(dir, { recursive: true, force: true });
  });

  it('gives the same picture, whatever the edit and the prompt', async () => {
    const { scheduler, width: pictureWidth, height } = smallRequest;
    const plain = {
      negativePrompt: '',
      steps: 1,
      guidanceScale: 0,
      scheduler,
      height,
      width: pictureWidth,
    };
    const request: Caller['request'] = (...args) => engine?.request(...args) ?? assert.fail();
    const prompt = "a red apple\"); import os\n\\ on grass \u{1f34e} ''' é";
    const bases: Record<string, PictureBase> = {
      one: { ...plain, prompt: 'a red apple on grass', seed: 3 },
      guided: {
        ...plain,
        prompt,
        negativePrompt: "it's dark",
        seed: 4,
        steps: 2,
        guidanceScale: 5,
      },
    };
    const mask: EditMask = {
      kind: 'cells',
      ...{ cellsHigh: 8, cellsWide: 8 },
      weights: Array.from({ length: 64 }, (_, cell) => (cell % 8) / 8),
    };
    const block = 'up.0.1';
    const found = await request(listBlocks, { modelDir: embeddedModel });
    const width = found.find((each) => each.block === block)?.width ?? assert.fail();
    const cases: (readonly [string, readonly Edit[]])[] = [];
    const jobs: string[][] = [];
    const pictures: Picture[] = [];
    for (const [name, base] of Object.entries(bases)) {
      const [top, next] = await strongest(base, block);
      const sources = [{ feature: top }, { feature: next }];
      const strength = { value: 8, unit: 'mean' } as const;
      const vector = Array.from({ length: width }, (_, i) => Math.sin(i));
      cases.push(
        [name, [{ kind: 'scale', block, sources, factor: -3, maps: 'static' }]],
        [name, [{ kind: 'scale', block, sources, factor: 4, maps: 'adaptive', mask, steps: [0] }]],
        [name, [{ kind: 'add', block, sources, strength, rows: 'both', onlyActive: 'adaptive' }]],
        [name, [{ kind: 'replace', block, sources, strength, mask }]],
        [
          name,
          [
            { kind: 'reconstruct', block: 'down.2.1', withError: false, maps: 'adaptive' },
            { kind: 'reconstruct', block, withError: false, maps: 'static', mask },
          ],
        ],
        [name, [{ kind: 'swap', block: 'mid.0', from: { seed: 9 }, mask }]],
        [
          name,
          [
            { kind: 'ablate', block: 'up.0.0', mask },
            {
              ...{ kind: 'scale', block, factor: -2, maps: 'adaptive' },
              sources: [{ name: 'wave', vector }, { channel: 5 }],
            },
          ],
        ],
      );
    }
    for (const [index, [name, edits]] of cases.entries()) {
      const base = bases[name] ?? assert.fail();
      const recipe = { version: 1, name: `"""${String(index)}\\`, edits } as const;
      const { text } = await request(copyEdit, { ...choice, base, recipe, form: 'python' });
      const script = join(dir, `${String(index)}.py`);
      writeFileSync(script, text);
      jobs.push([script, modelDir, join(dir, `${String(index)}.png`)]);
      await request(
        runBoard,
        { ...choice, bases: [base], variants: [recipe] },
        {
          onProgress: (value) => {
            if (value.phase !== 'made') return;
            const { variantIndex, picture, figures } = value.made;
            if (variantIndex === null) return;
            pictures.push(picture);
            // Otherwise a script that does nothing would pass.
            const distance = figures?.pixelDistanceMax ?? 0;
            assert.ok(distance > pixelTolerance, `${String(index)} changes nothing: ${distance}`);
          },
        },
      );
    }
    writeFileSync(join(dir, 'jobs.json'), JSON.stringify(jobs));
    const ended = spawnSync(python, ['-c', driver, join(dir, 'jobs.json')], { encoding: 'utf8' });
    assert.equal(ended.status, 0, ended.stderr);
    jobs.forEach(([, , out], index) => {
      const png = decode(readFileSync(out ?? ''));
      const difference = largestDifference(pictures[index]?.rgb ?? [], png.data);
      note('difference of a pixel, of 255', difference);
      assert.ok(difference <= pixelTolerance, `${String(index)}: ${String(difference)}`);
    });
  }).timeout(400_000);

  async function strongest(base: PictureBase, block: string): Promise<readonly [number, number]> {
    let top: readonly number[] = [];
    await engine?.request(
      runBoard,
      { ...choice, bases: [base], variants: [], withReadings: true },
      {
        onProgress: (value) => {
          if (value.phase !== 'made') return;
          const reading = value.made.readings?.find((each) => each.block === block);
          if (!reading) return;
          const codes = { ...reading, ...reading.steps[0]! };
          top = ranked(activities(codes), 'mean').map(({ id }) => id);
        },
      },
    );
    return [top[0] ?? assert.fail(), top[1] ?? assert.fail()];
  }
});

function skip(context: Mocha.Context, why: string): never {
  context.test?.parent?.tests.forEach((test) => (test.title += ` (skipped: ${why})`));
  return context.skip();
}
