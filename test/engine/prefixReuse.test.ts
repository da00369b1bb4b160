import assert from 'node:assert/strict';
import { join } from 'node:path';
import { makeEdited } from '../../src/engine/lens/intervene/makeEdited.ts';
import { readModelFolder } from '../../src/engine/models/modelFolder.ts';
import { findInstalledSaes } from '../../src/engine/models/sae/installedSaes.ts';
import { createPipeline, type Pipeline } from '../../src/engine/pipeline/generate.ts';
import type { Edit, PictureBase } from '../../src/protocol/recipe.ts';
import { activities, ranked } from '../../src/numerics/codes.ts';
import { useOrt } from '../support/useOrt.ts';

const root = join(import.meta.dirname, '..', '..');
const modelDir = join(root, 'models', 'mini');

describe('runs that start where they leave the unedited picture', () => {
  const ort = useOrt();
  let pipeline: Pipeline;
  let request: PictureBase;

  async function open(reuseBytesMax?: number): Promise<Pipeline> {
    const saes = await findInstalledSaes(join(modelDir, 'saes'));
    return createPipeline(await readModelFolder(modelDir), ort, {
      provider: 'cpu',
      threadCount: 1,
      saes,
      ...(reuseBytesMax !== undefined && { reuseBytesMax }),
    });
  }

  before(async () => {
    pipeline = await open();
    const { defaults } = pipeline.model.description;
    const { scheduler, width, height } = defaults;
    const words = { prompt: 'a red apple and a dog on grass', negativePrompt: '' };
    request = { ...words, seed: 3, steps: 3, guidanceScale: 4, scheduler, width, height };
  });

  /** Removes the feature of a block that is strongest in the unedited picture at the first of the steps. */
  async function removal(block: string, steps?: readonly number[]): Promise<Edit> {
    const { readings } = await pipeline.editing.base(request);
    const reading = readings.find((each) => each.block === block) ?? assert.fail(block);
    const [top] = ranked(activities({ ...reading, ...reading.steps[steps?.[0] ?? 0]! }), 'mean');
    const sources = [{ feature: top!.id }];
    return {
      kind: 'scale',
      block,
      sources,
      factor: -2,
      maps: 'adaptive',
      ...(steps && { steps }),
    };
  }

  it('computes the same bits as runs from the beginning, wherever they start', async () => {
    for (const block of ['down.2.1', 'mid.0', 'up.0.0', 'up.0.1']) {
      for (const steps of [undefined, [1, 2], [2]]) {
        const recipe = { version: 1, edits: [await removal(block, steps)] } as const;
        const first = await makeEdited(pipeline, request, recipe);
        const again = await makeEdited(pipeline, request, recipe);
        const fresh = await pipeline.editing.edit(first.base, first.schedule, { isFresh: true });
        const at = `${block} ${String(steps)}`;
        assert.equal(fresh.reuse.steps, 0);
        assert.equal(again.edited.reuse.steps, steps?.[0] ?? 0, at);
        assert.ok(again.edited.reuse.segments > 0, at);
        for (const { edited } of [first, again]) {
          assert.deepEqual(edited.latents, fresh.latents, at);
          assert.deepEqual(edited.picture, fresh.picture, at);
          assert.deepEqual(edited.readings, fresh.readings, at);
        }
        assert.notDeepEqual(fresh.latents, first.base.latents, at);
      }
    }
  }).timeout(120_000);

  it('gives the unedited bits for edits that change nothing', async () => {
    const block = 'up.0.1';
    const sources = [{ feature: 1 }];
    const neutral: readonly (readonly Edit[])[] = [
      [],
      [{ kind: 'scale', block, sources, factor: 1, maps: 'static' }],
      [{ kind: 'add', block, sources, strength: { value: 0, unit: 'raw' }, rows: 'both' }],
      [{ kind: 'reconstruct', block, withError: true, maps: 'adaptive' }],
      [{ kind: 'swap', block, from: {} }],
    ];
    for (const edits of neutral) {
      const { base, edited } = await makeEdited(pipeline, request, { version: 1, edits });
      const isSwap = edits[0]?.kind === 'swap';
      // A swap writes (0 · u) + u: the same numbers up to float32's last bit.
      if (!isSwap) assert.deepEqual(edited.latents, base.latents, edits[0]?.kind);
      assert.deepEqual(edited.picture.rgb, base.picture.rgb, edits[0]?.kind);
    }
  });

  it('makes the unedited picture that a plain request makes', async () => {
    const plain = await pipeline.generate(request);
    const base = await pipeline.editing.base(request);
    assert.deepEqual(base.picture, plain.picture);
    assert.deepEqual(base.readings, plain.readings);
  });

  it('keeps within its memory, frees what it kept, and still gives the same bits', async () => {
    const recipe = { version: 1, edits: [await removal('up.0.0')] } as const;
    const roomy = await makeEdited(pipeline, request, recipe);
    const small = await open(100_000);
    for (const seed of [3, 4, 5]) {
      const { edited } = await makeEdited(small, { ...request, seed }, recipe);
      if (seed === 3) assert.deepEqual(edited.latents, roomy.edited.latents);
    }
    // What is in use stays: the newest unedited picture without its states.
    assert.ok(small.editing.keptBytes < roomy.base.steps.length * 1_000_000);
    await small.release();
    assert.equal(small.editing.keptBytes, 0);
  });

  it('goes on after the runner was lost', async () => {
    const recipe = { version: 1, edits: [await removal('mid.0')] } as const;
    const before = await makeEdited(pipeline, request, recipe);
    await ort.stop();
    const after = await makeEdited(pipeline, request, recipe);
    assert.deepEqual(after.edited.latents, before.edited.latents);
  });

  it('stops when it is cancelled, and leaves nothing behind', async () => {
    const recipe = { version: 1, edits: [await removal('up.0.1')] } as const;
    const controller = new AbortController();
    const long = { ...request, seed: 77, steps: 8 };
    const run = makeEdited(pipeline, long, recipe, {
      signal: controller.signal,
      progress: (value) => {
        if (value.phase === 'denoising' && value.stepIndex === 2) controller.abort();
      },
    });
    await assert.rejects(run, { code: 'cancelled' });
    const { edited } = await makeEdited(pipeline, request, recipe);
    assert.equal(edited.picture.width, request.width);
  });
});
