import assert from 'node:assert/strict';
import { manifestFor } from '../../../test/support/manifest.ts';
import { Dispatcher } from '../../protocol/dispatcher.ts';
import { describeModel, openRun } from '../../protocol/engine.ts';
import { type FeaturescopeError, invalidInput } from '../../protocol/errors.ts';
import { unpackReadings } from '../../protocol/featurePanel.ts';
import {
  type BlockDescription,
  type BlockReading,
  listBlocks,
  readRunFeatures,
} from '../../protocol/features.ts';
import { CurrentModel } from '../currentModel.ts';
import { BlockList } from '../features/blockList.ts';
import { CurrentPicture } from '../features/currentPicture.ts';
import { FeatureChoice } from '../features/featureChoice.ts';
import { ModelBlocks } from '../features/modelBlocks.ts';
import { RunReadings } from '../features/runReadings.ts';
import { Report } from '../report.ts';
import { Settings } from '../settings.ts';
import { FeatureSession } from './featureSession.ts';

const aReading: BlockReading = {
  block: 'mid.0',
  path: 'mid_block.attentions.0',
  cellsHigh: 1,
  cellsWide: 2,
  nFeatures: 12,
  slotCount: 1,
  saeSha256: 'aa',
  steps: [
    {
      ids: Int32Array.of(9, 4),
      values: Float32Array.of(3, 5),
      norm: new Float32Array(2),
      error: new Float32Array(2),
      spread: new Float32Array(2),
    },
  ],
};

const described: readonly BlockDescription[] = [
  {
    block: 'mid.0',
    path: 'mid_block.attentions.0',
    width: 4,
    sae: {
      sha256: 'aa',
      nFeatures: 12,
      dModel: 4,
      rule: 'ReLU',
      source: 'sdxl-unbox',
      featureMean: Float32Array.from({ length: 12 }, (_, id) => id / 2),
    },
  },
];

function makeSession() {
  const failures: { readings?: FeaturescopeError } = {};
  const asked: string[] = [];
  const engine = new Dispatcher();
  engine.handle(openRun, ({ runId }) => {
    if (runId === 'gone') throw invalidInput('The run is no longer kept.');
    const run = { runId, manifest: manifestFor(), pngPath: '', sizeBytes: 1 };
    return { run, picture: { width: 1, height: 1, rgb: new Uint8Array(3) } };
  });
  engine.handle(readRunFeatures, ({ runId }) => {
    asked.push(runId);
    if (failures.readings) throw failures.readings;
    return { readings: [aReading] };
  });
  engine.handle(listBlocks, () => {
    asked.push('blocks');
    return described;
  });
  engine.handle(describeModel, () => {
    throw invalidInput('No model.');
  });
  const current = new CurrentPicture();
  const kept = new Map<string, unknown>();
  const store = {
    get: (key: string) => kept.get(key),
    update: async (key: string, value: unknown) => void kept.set(key, value),
  };
  const choice = new FeatureChoice(store);
  const report = new Report({
    isTrusted: () => true,
    log: () => {},
    notify: async () => undefined,
    act: () => {},
  });
  const readings = new RunReadings(engine);
  const model = new CurrentModel(engine, new Settings(() => undefined), '/extension');
  const modelBlocks = new ModelBlocks(engine, model);
  const ports = { engine, current, choice, report, readings, model, modelBlocks };
  let changes = 0;
  const session = new FeatureSession(ports, () => changes++);
  current.onDidChange(() => {
    session.pictureChanged();
  });
  const labels = {
    words: undefined as string | undefined,
    tell: (): void => undefined,
    labelOf: () => labels.words,
    onDidChange: (listener: () => void) => (labels.tell = listener),
  };
  const told: string[] = [];
  const makeList = () =>
    new BlockList({ ...ports, labels, store }, (change) => {
      changes++;
      told.push(change);
    });
  const list = makeList();
  return {
    session,
    current,
    choice,
    list,
    makeList,
    labels,
    told,
    failures,
    asked,
    kept,
    changes: () => changes,
  };
}

const picture = (runId: string) => ({ runId, manifest: manifestFor() });

describe('FeatureSession', () => {
  it('follows the current picture and ends a comparison with itself', () => {
    const { session, current, changes } = makeSession();
    current.show(picture('one'));
    assert.equal(session.state.picture?.runId, 'one');
    session.compareWith(picture('two'));
    const before = changes();
    current.show(picture('two'));
    assert.equal(session.state.other, null);
    assert.ok(changes() > before);
    const after = changes();
    current.show(picture('two'));
    assert.equal(changes(), after, 'the same picture is no news');
  });

  it('reads a run once for panel and tree', async () => {
    const { session, current, list, asked } = makeSession();
    current.show(picture('one'));
    const [reading] = unpackReadings(await session.readings('one'));
    assert.deepEqual([...reading!.steps[0]!.ids], [9, 4]);
    assert.equal(reading!.featureMean?.[9], 4.5, 'of the same SAE');
    const [row] = await list.blocks();
    assert.deepEqual(
      row?.active.map(({ id }) => id),
      [4, 9],
    );
    assert.deepEqual(asked.sort(), ['blocks', 'one']);
  });

  it('shows why there are no features, and asks again after that', async () => {
    const { session, current, list, failures, asked } = makeSession();
    current.show(picture('one'));
    failures.readings = invalidInput('This run was kept without its features; generate it again.');
    await assert.rejects(session.readings('one'), /generate it again/);
    assert.match(session.state.problem?.cause ?? '', /generate it again/);
    await list.blocks();
    assert.match(list.problem?.cause ?? '', /generate it again/);
    delete failures.readings;
    session.recover();
    assert.equal(session.state.problem, null);
    await session.readings('one');
    list.forget();
    assert.equal((await list.blocks()).length, 1);
    assert.equal(list.problem, undefined);
    assert.equal(asked.filter((one) => one === 'one').length, 3);
  });

  it('forgets what was deleted, and has it back when that is undone', () => {
    const { session, current } = makeSession();
    current.show(picture('one'));
    session.compareWith(picture('two'));
    session.forget(['two']);
    current.forget(['two']);
    assert.deepEqual([session.state.picture?.runId, session.state.other], ['one', null]);
    current.forget(['one']);
    const shown = (): string | undefined => session.state.picture?.runId;
    assert.equal(shown(), undefined);
    current.recall(['two']);
    assert.equal(shown(), undefined);
    current.recall(['one']);
    assert.equal(shown(), 'one');
    current.forget(['one']);
    current.show(picture('three'));
    current.recall(['one']);
    assert.equal(shown(), 'three', 'another one took its place');
  });

  it('tells one wish to look somewhere from the next', () => {
    const { session } = makeSession();
    session.lookAt('mid.0');
    assert.deepEqual(session.state.lookAt, { target: 'mid.0', count: 1 });
    session.lookAt('mid.0');
    assert.equal(session.state.lookAt.count, 2);
  });

  it('restores pictures that are still kept', async () => {
    const { session } = makeSession();
    await session.restore('one', 'gone');
    assert.equal(session.state.picture?.runId, 'one');
    assert.equal(session.state.other, null);
    assert.equal(session.state.problem, null);
  });
});

describe('FeatureChoice', () => {
  it('keeps pins beyond the window', async () => {
    const { choice, kept } = makeSession();
    const feature = { block: 'mid.0', id: 4 };
    await choice.pin(feature, true);
    await choice.pin(feature, true);
    assert.deepEqual(choice.pinned, [feature]);
    const again = new FeatureChoice({ get: (key) => kept.get(key), update: async () => {} });
    assert.equal(again.isPinned(feature), true);
    await choice.pin(feature, false);
    assert.deepEqual(choice.pinned, []);
    const strange = new FeatureChoice({ get: () => [1, { block: 2 }], update: async () => {} });
    assert.deepEqual(strange.pinned, []);
  });
});

describe('BlockList', () => {
  it('has nothing before the first picture, and pages through all ids after', async () => {
    const { list, current, changes } = makeSession();
    assert.deepEqual(await list.blocks(), []);
    current.show(picture('one'));
    const [row] = await list.blocks();
    list.setMode('all');
    assert.equal(list.features(row!).rows.length, 12);
    list.setFilter('3-5', [{ from: 3, to: 5 }]);
    assert.equal(list.features(row!).rows.length, 3);
    assert.equal(list.filterText, '3-5');
    assert.ok(changes() > 0);
  });

  it('lists after a reload as before, and ignores what it does not know', () => {
    const { list, makeList, kept } = makeSession();
    assert.deepEqual([list.mode, list.sort], ['active', 'strength']);
    list.setMode('pinned');
    list.setSort('id');
    const again = makeList();
    assert.deepEqual([again.mode, again.sort], ['pinned', 'id']);
    for (const key of kept.keys()) kept.set(key, 'strange');
    const strange = makeList();
    assert.deepEqual([strange.mode, strange.sort], ['active', 'strength']);
  });

  it('leaves its rows where they are when only labels come, unless a filter asks for words', async () => {
    const { list, current, labels, told } = makeSession();
    current.show(picture('one'));
    const [row] = await list.blocks();
    labels.words = 'sky';
    told.length = 0;
    labels.tell();
    assert.deepEqual(told, ['labels']);
    assert.equal(list.labelOf({ block: row!.block, id: 4 }), 'sky');
    list.setFilter('sky', [{ words: ['sky'] }]);
    told.length = 0;
    labels.tell();
    assert.deepEqual(told, ['rows']);
  });

  it('is not told of a choice that changes no row', () => {
    const { choice, changes } = makeSession();
    const before = changes();
    choice.select({ block: 'mid.0', id: 4 });
    assert.equal(changes(), before);
  });
});
