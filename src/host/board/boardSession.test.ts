import assert from 'node:assert/strict';
import { eventually } from '../../../test/support/eventually.ts';
import { manifestFor } from '../../../test/support/manifest.ts';
import type { BoardSavedState, BoardState } from '../../protocol/boardPanel.ts';
import { Dispatcher } from '../../protocol/dispatcher.ts';
import { describeModel, openRun } from '../../protocol/engine.ts';
import { cancelled, type FeaturescopeError, invalidInput } from '../../protocol/errors.ts';
import { listBlocks, readRunFeatures } from '../../protocol/features.ts';
import {
  type BoardParams,
  type BoardPicture,
  checkEdit,
  type EditFigures,
  makeControls,
  rankFeatures,
  runBoard,
} from '../../protocol/interventions.ts';
import type { EditRecipe } from '../../protocol/recipe.ts';
import { CurrentModel } from '../currentModel.ts';
import { RunReadings } from '../features/runReadings.ts';
import { formOf } from '../panels/resultForm.ts';
import { Report } from '../report.ts';
import { Settings } from '../settings.ts';
import { BoardSession } from './boardSession.ts';
import { additionOf, removalOf } from './sources.ts';

const figures: EditFigures = {
  pixelDistance: 3,
  pixelDistanceMax: 9,
  ssim: 0.9,
  latentDistance: 0.1,
  area: { kind: 'active', share: 0.5, inside: 4, outside: 2, locality: 2 },
};
const feature = { block: 'mid.0', id: 4 };

function makeSession() {
  const asked: BoardParams[] = [];
  const files: { hashes: Record<string, string> } = { hashes: {} };
  const failures: { board?: FeaturescopeError } = {};
  /** Holds runs of a board after so many pictures, until they are cancelled. */
  const pause = { afterPictures: Infinity };
  const engine = new Dispatcher();
  engine.handle(openRun, ({ runId }) => {
    if (runId === 'gone') throw invalidInput('The run is no longer kept.');
    const rgb = new Uint8Array(3).fill(runId.length);
    const run = { runId, manifest: manifestFor(), pngPath: '', sizeBytes: 1 };
    return { run, picture: { width: 1, height: 1, rgb } };
  });
  engine.handle(readRunFeatures, () => ({ readings: [] }));
  engine.handle(listBlocks, () => [
    {
      block: 'mid.0',
      path: 'mid_block.attentions.0',
      width: 8,
      sae: { sha256: 'ab'.repeat(32), nFeatures: 12, dModel: 8, rule: '', source: '' },
    },
  ]);
  engine.handle(describeModel, () => {
    throw invalidInput('No model.');
  });
  engine.handle(checkEdit, () => ({ amounts: [] }));
  engine.handle(makeControls, ({ recipe }) => ({
    mass: 1,
    controls: [{ kind: 'sign' as const, label: 'sign flipped', recipe, mass: 1 }],
  }));
  engine.handle(rankFeatures, (_, { progress }) => {
    const found = (id: number, effect: number) => ({
      block: 'mid.0',
      feature: id,
      activation: id,
      effect,
      pixelDistance: effect,
      ssim: 1,
    });
    const features = [found(1, 2), found(2, 5)];
    features.forEach((one, index) => {
      progress({ phase: 'ranked', doneCount: index + 1, totalCount: 2, found: one });
    });
    return { features: features.toReversed() };
  });
  engine.handle(runBoard, async (params, { progress, signal }) => {
    asked.push(params);
    if (failures.board) throw failures.board;
    const { bases, variants } = params;
    let count = 0;
    for (const baseIndex of bases.keys()) {
      for (const variantIndex of [null, ...variants.keys()]) {
        if (!params.preview && count === pause.afterPictures) {
          await new Promise((resolve) => {
            signal.addEventListener('abort', resolve);
          });
        }
        if (signal.aborted) throw cancelled();
        const made: BoardPicture = {
          baseIndex,
          variantIndex,
          picture: { width: 1, height: 1, rgb: new Uint8Array(3).fill(++count) },
          manifest: manifestFor({ model: { id: 'fake', ...files } }),
          figures: variantIndex === null ? null : figures,
          amounts: [],
          reuse: { steps: 0, segments: 0, segmentCount: 5, unetMs: 1, runMs: 2 },
          ...(params.keep && variantIndex !== null ? { runId: `run-${String(count)}` } : {}),
        };
        progress({ phase: 'made', made });
      }
    }
    return { made: [] };
  });
  const report = new Report({
    isTrusted: () => true,
    log: () => {},
    notify: async () => undefined,
    act: () => {},
  });
  const settings = new Settings(() => undefined);
  const model = new CurrentModel(engine, settings, '/extension');
  const ports = { engine, model, settings, readings: new RunReadings(engine), report };
  const session = new BoardSession(ports, () => {});
  return { session, asked, failures, pause, files };
}

async function opened() {
  const made = makeSession();
  await made.session.describe();
  await made.session.setBase({ runId: 'run-base', manifest: manifestFor() });
  return made;
}

const until = (what: string, check: () => boolean): Promise<unknown> =>
  eventually(what, () => Promise.resolve(check()));
const originalOf = ({ columns }: BoardState) => columns[0]?.original;
const cellOf = ({ columns }: BoardState, id: string) => columns[0]?.edited[id];

describe('board session', () => {
  it('keeps what is told of its file while the model is still asked for', async () => {
    const { session } = makeSession();
    const described = session.describe();
    session.tell(invalidInput('line 1: nothing is closed.'));
    await described;
    assert.equal(session.state.problem?.cause, 'line 1: nothing is closed.');
    await session.describe();
    assert.equal(session.state.problem, null);
  });

  it('shows the unedited picture from the run store, before anything was run', async () => {
    const { session, asked } = await opened();
    const { columns } = session.state;
    assert.equal(columns[0]?.original?.runId, 'run-base');
    assert.equal(session.find(columns[0].original.pictureId).picture.rgb[0], 'run-base'.length);
    assert.deepEqual(asked, []);
  });

  it('previews what is added, names its SAE, and undo brings pictures back at once', async () => {
    const { session, asked } = await opened();
    session.add(removalOf(feature));
    await until('a preview', () => cellOf(session.state, 'v1') !== undefined);
    assert.deepEqual(asked[0]?.preview, { panel: 'board' });
    assert.deepEqual(asked[0].variants[0]?.saes, { 'mid.0': 'ab'.repeat(32) });
    session.undo(false);
    assert.deepEqual(session.document.variants, []);
    session.undo(true);
    assert.deepEqual(cellOf(session.state, 'v1')?.figures, figures);
    assert.equal(asked.length, 1);
  });

  it('without live previews it only checks the amounts', async () => {
    const { session, asked } = await opened();
    session.setOptions({ isLive: false });
    session.add(additionOf(feature, true));
    await until('a check', () => 'v1' in session.state.guards);
    assert.deepEqual(asked, []);
    assert.equal(cellOf(session.state, 'v1'), undefined);
  });

  it('an edit that cannot be is said at its variant, until it is changed', async () => {
    const { session, failures } = await opened();
    failures.board = invalidInput('mid.0 has features 0 to 11, not 99.');
    session.add(removalOf({ block: 'mid.0', id: 99 }));
    await until('the trouble', () => 'v1' in session.state.troubles);
    assert.match(session.state.troubles['v1']!, /not 99/);
    assert.equal(session.state.problem, null);
    delete failures.board;
    session.perform({ kind: 'setRecipe', id: 'v1', recipe: removalOf(feature) }, 1);
    assert.deepEqual(session.state.troubles, {});
    await until('its picture', () => session.state.shown === 1);
  });

  it('runs only what is missing, and keeps what came before a cancel', async () => {
    const { session, asked, pause } = await opened();
    session.setOptions({ isLive: false });
    session.add(removalOf(feature));
    session.add(additionOf(feature, true));
    pause.afterPictures = 2;
    const work = session.start({ kind: 'board', isKeeping: true });
    await until('one picture', () => cellOf(session.state, 'v1') !== undefined);
    assert.deepEqual(session.state.job?.count, { done: 2, total: 3, unit: 'pictures' });
    await assert.doesNotReject(session.start({ kind: 'board', isKeeping: true }));
    assert.match(session.state.problem?.cause ?? '', /at work/);
    session.cancel();
    await work;
    assert.equal(session.state.job, null);
    assert.ok(cellOf(session.state, 'v1'));
    assert.equal(cellOf(session.state, 'v2'), undefined);
    pause.afterPictures = Infinity;
    await session.start({ kind: 'board', isKeeping: true });
    assert.deepEqual(
      asked.map(({ variants }) => variants.length),
      [2, 1],
    );
    await session.start({ kind: 'board', isKeeping: true });
    assert.equal(asked.length, 2);
  });

  it('controls stand beside the effect and say when the recipe has changed since', async () => {
    const { session } = await opened();
    session.add(removalOf(feature));
    await session.start({ kind: 'controls', variantId: 'v1', count: 1, seed: 0 });
    const { evidence } = session.state;
    assert.equal(evidence['v1']?.controls?.controls.length, 1);
    assert.equal(evidence['v1'].isStale, false);
    session.perform({ kind: 'setRecipe', id: 'v1', recipe: additionOf(feature, true) });
    assert.equal(session.state.evidence['v1']?.isStale, true);
  });

  it('a causal rank is sorted by effect while it fills', async () => {
    const { session } = await opened();
    await session.start({ kind: 'rank', count: 2 });
    assert.deepEqual(
      session.state.rank?.features.map((one) => one.feature),
      [2, 1],
    );
    assert.equal(session.state.rank.isComplete, true);
  });

  it('comes back after a reload with the pictures that are kept', async () => {
    const { session } = await opened();
    session.add(removalOf(feature));
    await session.start({ kind: 'controls', variantId: 'v1', count: 1, seed: 0 });
    await session.start({ kind: 'rank', count: 2 });
    const { document, ground, evidence, rank, icons } = session.state;
    const saved: BoardSavedState = {
      document,
      found: { ground, evidence, rank, icons },
      isLive: false,
      isKeeping: true,
      focusId: 'v1',
      kept: [
        { columnIndex: 0, variantId: 'v1', runId: 'run-5', figures, amounts: [] },
        { columnIndex: 7, variantId: 'v1', runId: 'gone', figures, amounts: [] },
      ],
    };
    const other = makeSession();
    await other.session.restore(JSON.parse(JSON.stringify(saved)));
    const { state } = other.session;
    assert.deepEqual(state.document, document);
    assert.equal(cellOf(state, 'v1')?.runId, 'run-5');
    assert.equal(state.columns[0]?.original?.runId, 'run-base');
    assert.deepEqual(state.rank, rank);
    const [control] = state.evidence['v1']?.controls?.controls ?? [];
    assert.deepEqual(control?.cell.figures, figures);
    assert.equal(state.evidence['v1']?.isStale, false);
    // Its picture was of the other window: an id of this one must not stand for it.
    assert.throws(() => other.session.find(control.cell.pictureId), /no longer kept/);
    const elsewhere = makeSession();
    await elsewhere.session.restore({
      ...saved,
      found: { ...saved.found, ground: 'another model' },
    });
    assert.equal(elsewhere.session.state.rank, null);
    for (const bad of [null, 7, { document: { variants: [{ id: 'v1', recipe: {} }] } }]) {
      const empty = makeSession();
      await empty.session.restore(bad);
      assert.equal(empty.session.document.base, null);
    }
  });

  it('drops kept pictures of a model whose files have changed', async () => {
    const { session, files } = await opened();
    assert.equal(session.state.columns[0]?.original?.runId, 'run-base');
    files.hashes = { 'unet/model.onnx': 'cd'.repeat(32) };
    session.add(removalOf(feature));
    await until('a preview', () => cellOf(session.state, 'v1') !== undefined);
    const original = originalOf(session.state);
    assert.equal(original?.runId, null);
    assert.equal(session.find(original.pictureId).picture.rgb[0], 1);
  });

  it('takes recipes from the clipboard and refuses what is none', async () => {
    const { session } = await opened();
    await session.paste(JSON.stringify(removalOf(feature)));
    assert.equal(session.document.variants.length, 1);
    await assert.rejects(session.paste('a cat'), /not JSON/);
    await assert.rejects(
      session.paste('{"version":1,"edits":[{"kind":"erase"}]}'),
      /pasted recipe/,
    );
  });

  it('an edited run brings its edit along', async () => {
    const { session } = makeSession();
    const recipe: EditRecipe = removalOf(feature);
    const manifest = { ...manifestFor(), recipe };
    await session.setBase({ runId: 'run-base', manifest });
    assert.deepEqual(session.document.base, formOf(manifest));
    assert.deepEqual(session.document.variants[0]?.recipe.edits, recipe.edits);
  });
});
