import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { effectSize } from '../../src/numerics/effectSize.ts';
import { encodeRuns } from '../../src/numerics/maskCells.ts';
import { differenceMap } from '../../src/numerics/pictureDistance.ts';
import { listRuns, openRun } from '../../src/protocol/engine.ts';
import { listBlocks } from '../../src/protocol/features.ts';
import {
  type BoardPicture,
  checkEdit,
  controlKinds,
  makeControls,
  makeDirection,
  makeIcon,
  makeStrip,
  rankFeatures,
  readDownstream,
  runBoard,
} from '../../src/protocol/interventions.ts';
import type { Edit, EditMask, EditRecipe } from '../../src/protocol/recipe.ts';
import { activities, ranked } from '../../src/numerics/codes.ts';
import { base, type BoardEngine, choice, startBoardEngine } from '../support/boardEngine.ts';
import type { EngineSession } from '../support/engineSession.ts';

const { width, height } = base;
const block = 'up.0.1';

describe('interventions', () => {
  let engine: EngineSession;
  let top: number;
  let board: BoardEngine['board'];
  let removal: BoardEngine['removal'];

  before(async () => {
    ({ engine, top, board, removal } = await startBoardEngine(block));
  });
  after(() => engine.stop());

  const strong = (value: number, mask?: EditMask): EditRecipe => ({
    version: 1,
    edits: [
      {
        ...{ kind: 'add', block, sources: [{ feature: top }], rows: 'both' },
        strength: { value, unit: 'mean' },
        ...(mask && { mask }),
      },
    ],
  });

  it('makes a grid: every base unedited, then with each variant, with figures', async () => {
    const bases = [base, { ...base, seed: 5 }];
    const mask = leftHalf();
    const made = await board({ bases, variants: [removal(top), strong(20, mask), strong(0)] });
    assert.deepEqual(
      made.map(({ baseIndex, variantIndex }) => [baseIndex, variantIndex]),
      [0, 1].flatMap((b) => [null, 0, 1, 2].map((v) => [b, v])),
    );
    for (const group of [made.slice(0, 4), made.slice(4)]) {
      const [unedited, removed, painted, neutral] = group;
      assert.equal(unedited?.figures, null);
      assert.equal(unedited.manifest.recipe, undefined);
      assert.deepEqual(removed?.manifest.recipe, removal(top));
      assert.equal(removed.figures?.area.kind, 'active');
      const figures = painted?.figures ?? assert.fail();
      assert.equal(figures.area.kind, 'mask');
      assert.equal(figures.area.share, 0.5);
      assert.ok(figures.pixelDistance > 0 && figures.ssim < 1);
      // Painted on the left: the left changes more.
      assert.ok((figures.area.locality ?? 0) > 1, String(figures.area.locality));
      assert.ok((painted?.amounts[0]?.ofUpdate ?? 0) > 1 && painted?.amounts[0]?.isOutside);
      const map = differenceMap(unedited.picture.rgb, neutral?.picture.rgb ?? new Uint8Array());
      assert.ok(map.every((value) => value === 0));
      assert.equal(neutral?.figures?.pixelDistance, 0);
      assert.equal(neutral.figures.ssim, 1);
    }
    // The first may have had to make what the others share.
    const second = made[2]?.reuse;
    assert.ok(second && second.segments > 0 && second.segments < second.segmentCount);
  });

  it('applies two edits of one block in order', async () => {
    const { edits } = strong(20);
    const [, added, ablated, both, other] = await board({
      variants: [
        { version: 1, edits },
        { version: 1, edits: [{ kind: 'ablate', block }] },
        { version: 1, edits: [...edits, { kind: 'ablate', block }] },
        { version: 1, edits: [{ kind: 'ablate', block }, ...edits] },
      ],
    });
    assert.deepEqual(both?.picture, ablated?.picture);
    assert.notDeepEqual(other?.picture, ablated?.picture);
    assert.notDeepEqual(other?.picture, added?.picture);
  });

  it('swaps the whole of a stage into what the other run had there', async () => {
    // All stages after the last skip connection from the same latents: only a full swap at every stage is the other run.
    const blocks = await engine.request(listBlocks, { modelDir: choice.modelDir });
    const swap = (name: string): Edit => ({
      kind: 'swap',
      block: name,
      from: { prompt: 'a blue key' },
    });
    const edits = blocks.map(({ block: name }) => swap(name));
    const [unedited, one, all] = await board({
      variants: [
        { version: 1, edits: [swap(block)] },
        { version: 1, edits },
      ],
    });
    assert.notDeepEqual(one?.picture, unedited?.picture);
    // Text reaches the picture through the attention stages and the pooled embedding; the stages carry most.
    assert.ok((all?.figures?.pixelDistance ?? 0) > (one?.figures?.pixelDistance ?? 0));
  });

  it('keeps edited pictures with their recipe when asked', async () => {
    const made = await board({ variants: [removal(top)], keep: true });
    const { runs } = await engine.request(listRuns, { limit: 10 });
    assert.deepEqual(new Set(made.map(({ runId }) => runId)), new Set(runs.map((r) => r.runId)));
    const { run, picture } = await engine.request(openRun, { runId: made[1]?.runId ?? '' });
    assert.deepEqual(run.manifest.recipe, removal(top));
    assert.deepEqual(picture, made[1]?.picture);
  });

  it('stops a board when it is cancelled, and lets previews in between', async () => {
    const controller = new AbortController();
    const variants = Array.from({ length: 30 }, (_, i) => strong(i + 1));
    let count = 0;
    let preview: Promise<readonly BoardPicture[]> | undefined;
    let countAtPreview = -1;
    const run = engine.request(
      runBoard,
      { ...choice, bases: [{ ...base, seed: 90 }], variants },
      {
        signal: controller.signal,
        onProgress: (value) => {
          if (value.phase !== 'made') return;
          count++;
          if (count === 2) {
            const wish = { variants: [removal(top)], preview: { panel: 'a' } };
            preview = board(wish).then((made) => {
              countAtPreview = count;
              controller.abort();
              return made;
            });
          }
        },
      },
    );
    await assert.rejects(run, { code: 'cancelled' });
    assert.equal((await preview)?.length, 2);
    assert.ok(countAtPreview < variants.length, String(countAtPreview));
  });

  it('ends the older preview of a panel, not that of another', async () => {
    const previews = ['a', 'b', 'a'].map((panel, i) =>
      board({ variants: [strong(i + 1)], bases: [{ ...base, seed: 91 }], preview: { panel } }),
    );
    const [older, other, newer] = await Promise.allSettled(previews);
    assert.equal(older?.status, 'rejected');
    assert.equal((older.reason as { code: string }).code, 'cancelled');
    assert.equal(other?.status, 'fulfilled');
    assert.equal(newer?.status, 'fulfilled');
  });

  it('makes controls of equal mass that a seed repeats', async () => {
    const params = {
      ...choice,
      base,
      recipe: removal(top),
      kinds: controlKinds,
      count: 3,
      seed: 4,
    };
    const { mass, controls } = await engine.request(makeControls, params);
    assert.deepEqual(
      controls.map(({ kind }) => kind),
      [
        ...['random', 'random', 'random'],
        'sign',
        ...['direction', 'direction', 'direction', 'permuted', 'permuted', 'permuted'],
      ],
    );
    assert.ok(mass > 0);
    // float32 sums of some hundred weights.
    for (const control of controls) assert.ok(Math.abs(control.mass / mass - 1) < 1e-5);
    assert.deepEqual((await engine.request(makeControls, params)).controls, controls);
    const others = await engine.request(makeControls, { ...params, seed: 5 });
    assert.notDeepEqual(others.controls[0], controls[0]);
    const only = await engine.request(makeControls, { ...params, kinds: ['permuted'] });
    assert.deepEqual(only.controls, controls.slice(-3));

    const sources = controls.flatMap(({ recipe }) =>
      recipe.edits.flatMap((edit) => ('sources' in edit ? edit.sources : [])),
    );
    const random = sources.slice(0, 3).map((source) => 'feature' in source && source.feature);
    assert.ok(!random.includes(top) && new Set(random).size > 1, String(random));
    const made = await board({ variants: [removal(top), ...controls.map(({ recipe }) => recipe)] });
    const distances = made.slice(1).map(({ figures }) => figures?.pixelDistance ?? NaN);
    assert.ok(
      distances.every((distance) => distance > 0),
      String(distances),
    );
    assert.ok(Number.isFinite(effectSize(distances[0]!, distances.slice(1, 4)).size));
  });

  it('gives an edit as a map exactly what the edit itself gives', async () => {
    const params = { ...choice, base, kinds: ['sign'], count: 1, seed: 0 } as const;
    const once = await engine.request(makeControls, { ...params, recipe: removal(top) });
    const flipped = once.controls[0]?.recipe ?? assert.fail();
    const twice = await engine.request(makeControls, { ...params, recipe: flipped });
    const [, edit, back] = await board({
      variants: [removal(top), twice.controls[0]?.recipe ?? assert.fail()],
    });
    assert.deepEqual(back?.picture, edit?.picture);
    // Removing against adding: the flipped one doubles the feature.
    const doubled: EditRecipe = {
      version: 1,
      edits: [{ kind: 'scale', block, sources: [{ feature: top }], factor: 2, maps: 'static' }],
    };
    const [, one, two] = await board({ variants: [flipped, doubled] });
    assert.deepEqual(one?.picture, two?.picture);
  });

  it('ranks features by what their removal does', async () => {
    let reported = 0;
    const { features } = await engine.request(
      rankFeatures,
      { ...choice, base, blocks: [block], count: 5 },
      { onProgress: (value) => value.phase === 'ranked' && reported++ },
    );
    assert.equal(features.length, 5);
    assert.equal(reported, 5);
    assert.deepEqual(
      features.map(({ effect }) => effect),
      features.map(({ effect }) => effect).sort((a, b) => b - a),
    );
    const found = features.find(({ feature }) => feature === top) ?? assert.fail();
    const [, alone] = await board({ variants: [removal(top)] });
    assert.equal(found.effect, alone?.figures?.pixelDistance);
    const inMask = { ...choice, base, blocks: [block], count: 1, region: leftHalf() };
    const half = await engine.request(rankFeatures, inMask);
    const [, again] = await board({
      variants: [removal(half.features[0]!.feature)],
      region: leftHalf(),
    });
    assert.equal(half.features[0]?.effect, again?.figures?.area.inside);
  });

  it('reads what an edit changes downstream beside its controls', async () => {
    const [first] = await board({ variants: [], withReadings: true });
    const reading = first?.readings?.find((each) => each.block === 'down.2.1') ?? assert.fail();
    const [strongest] = ranked(activities({ ...reading, ...reading.steps[0]! }), 'mean');
    const edits: readonly Edit[] = [
      {
        ...{ kind: 'scale', block: 'down.2.1', factor: -5, maps: 'static' },
        sources: [{ feature: strongest!.id }],
      },
    ];
    const { blocks, controlLabels } = await engine.request(readDownstream, {
      ...{ ...choice, base, recipe: { version: 1, edits }, kinds: ['random', 'sign'] },
      ...{ count: 2, seed: 1, top: 5 },
    });
    assert.equal(controlLabels.length, 3);
    assert.deepEqual(
      blocks.map((each) => each.block),
      ['mid.0', 'up.0.0', 'up.0.1'],
    );
    for (const { total, controlTotals, changes } of blocks) {
      assert.ok(total > 0);
      assert.equal(controlTotals.length, 3);
      assert.ok(changes.length <= 5 && changes.length > 0);
      for (const { before: from, after: to, change } of changes) assert.equal(change, to - from);
    }
  });

  it('draws icons and strips', async () => {
    const icons = await engine.request(makeIcon, {
      ...choice,
      base,
      block,
      source: { feature: top },
    });
    const distances = icons.made.slice(1).map(({ figures }) => figures?.pixelDistance ?? 0);
    assert.equal(icons.made.length, 4);
    assert.equal(icons.made[0]?.manifest.prompt, '');
    assert.ok(distances.every((distance) => distance > 0));
    const strip = await engine.request(makeStrip, {
      ...{ ...choice, base, block, source: { feature: top }, unit: 'max', rows: 'conditional' },
      strengths: [-2, 0, 2],
    });
    const [minus, zero, plus] = strip.made.slice(1).map(({ figures }) => figures?.pixelDistance);
    assert.ok(minus && plus && zero === 0);
  });

  it('makes directions of prompts and files, and edits by them', async () => {
    const texts = ['a red apple', 'a red car', 'a red key', 'a red ball'];
    const prompts = { texts };
    const otherPrompts = { texts: texts.map((text) => text.replace('red', 'blue')) };
    const params = { ...choice, block, base };
    const kinds = [
      { kind: 'pca', prompts, component: 1 },
      { kind: 'difference', prompts, otherPrompts },
      { kind: 'probe', prompts, otherPrompts },
    ] as const;
    for (const making of kinds) {
      const { source, quality } = await engine.request(makeDirection, { ...params, making });
      assert.ok((source.mean ?? 0) > 0 && (source.max ?? 0) >= (source.mean ?? 0), making.kind);
      if (quality) assert.ok(quality.value >= 0 && quality.value <= 1, quality.name);
      // To remove a code is to leave none of it; f32 vectors, so some 1e-7 a channel.
      const { read, vector } = source;
      const kept = read?.reduce((sum, value, i) => sum + value * (vector[i] ?? 0), -1) ?? 0;
      assert.ok(Math.abs(kept) < 1e-5, `${making.kind} ${String(kept)}`);
      for (const maps of ['static', 'adaptive'] as const) {
        const edits: readonly Edit[] = [
          { kind: 'scale', block, sources: [source], factor: -20, maps },
        ];
        const { amounts } = await engine.request(checkEdit, {
          ...{ ...choice, base, recipe: { version: 1, edits } },
        });
        assert.equal(amounts[0]?.label, `${block}/${source.name}`);
        const [, edited] = await board({ variants: [{ version: 1, edits }] });
        assert.ok((edited?.figures?.pixelDistance ?? 0) > 0, making.kind);
      }
    }
    const dir = mkdtempSync(join(tmpdir(), 'featurescope-vector-'));
    try {
      const path = join(dir, 'v.json');
      const { source } = await engine.request(makeDirection, {
        ...params,
        making: kinds[1],
      });
      writeFileSync(path, JSON.stringify({ vector: source.vector }));
      const read = await engine.request(makeDirection, {
        ...params,
        making: { kind: 'file', path },
      });
      assert.deepEqual(read.source.vector, source.vector);
      writeFileSync(path, '[1, 2, 3]');
      await assert.rejects(
        engine.request(makeDirection, { ...params, making: { kind: 'file', path } }),
        /holds \[3\]; a vector of/,
      );
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });

  it('removes a direction wholly: adaptively nothing of it is left', async () => {
    const source = { channel: 7 };
    const scale = (factor: number): Edit => ({
      ...{ kind: 'scale', block, sources: [source], factor, maps: 'adaptive' },
    });
    const [, once, twice] = await board({
      variants: [
        { version: 1, edits: [scale(0)] },
        { version: 1, edits: [scale(0.5), scale(0.5)] },
      ],
    });
    // Two halves of the same code, added: the whole.
    const difference = differenceMap(once!.picture.rgb, twice!.picture.rgb);
    assert.ok(difference.every((value) => value <= 1));
  });

  function leftHalf(): EditMask {
    const pixels = Uint8Array.from({ length: width * height }, (_, i) =>
      i % width < width / 2 ? 255 : 0,
    );
    return { kind: 'pixels', rule: 'fractional', width, height, runs: encodeRuns(pixels) };
  }
}).timeout(240_000);
