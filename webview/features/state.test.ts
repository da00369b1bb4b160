import assert from 'node:assert/strict';
import type { FeatureState } from '../../src/protocol/featurePanel.ts';
import type { BlockReading, StepReading } from '../../src/protocol/features.ts';
import type { RunManifest } from '../../src/protocol/manifest.ts';
import { stepIndexIn } from './codes.ts';
import { isSavedState, savedStateOf } from './savedState.ts';
import {
  currentReadings,
  missingPixels,
  missingReadings,
  reduce,
  shownMax,
  startState,
  stepCountOf,
  type PanelEvent,
  type PanelState,
} from './state.ts';

const aManifest = ({ seed = 7 } = {}): RunManifest => ({
  version: 1,
  prompt: 'a cat',
  negativePrompt: '',
  seed,
  steps: 1,
  guidanceScale: 0,
  scheduler: 'EulerDiscreteScheduler',
  width: 128,
  height: 128,
  model: { id: 'mini', hashes: {} },
  provider: 'cpu',
  versions: { featurescope: '0', onnxruntime: '0' },
  createdAt: '',
  timingsMs: {},
});
const aFeatureState = (change: Partial<FeatureState> = {}): FeatureState => ({
  picture: { runId: 'run-7', manifest: aManifest() },
  other: null,
  modelTitle: 'Mini',
  pinned: [],
  selected: null,
  stepIndex: 0,
  lookAt: null,
  problem: null,
  ...change,
});
const aReading = (stepCount: number): BlockReading => ({
  block: 'mid.0',
  path: 'mid_block.attentions.0',
  cellsHigh: 1,
  cellsWide: 1,
  nFeatures: 1,
  slotCount: 1,
  saeSha256: 'aa',
  steps: Array.from({ length: stepCount }, (): StepReading => {
    const one = new Float32Array(1);
    return { ids: new Int32Array(1), values: one, norm: one, error: one, spread: one };
  }),
});
const apply = (...events: PanelEvent[]): PanelState => events.reduce(reduce, startState(undefined));
const snapshot = (change = {}): PanelEvent => ({ kind: 'snapshot', host: aFeatureState(change) });
const choose = (id: number, isAdding = false): PanelEvent => ({
  kind: 'featureChosen',
  feature: { block: 'mid.0', id },
  isAdding,
});
const idsOf = ({ shown }: PanelState) => shown.map(({ id }) => id);

describe('feature view state', () => {
  it('shows one feature, or several beside each other up to as many as can be told apart', () => {
    assert.deepEqual(idsOf(apply(choose(1), choose(2))), [2]);
    assert.deepEqual(idsOf(apply(choose(1), choose(2, true))), [1, 2]);
    assert.deepEqual(idsOf(apply(choose(1), choose(2, true), choose(1, true))), [2]);
    const many = Array.from({ length: shownMax + 1 }, (_, id) => choose(id, true));
    const full = apply(...many);
    assert.equal(full.shown.length, shownMax);
    assert.match(full.said, /Take one off/);
  });

  it('shows the map of what is missed instead of features, until one is chosen', () => {
    const missed: PanelEvent = { kind: 'missedChosen', block: 'up.0.1' };
    assert.equal(apply(choose(1), missed).missedBlock, 'up.0.1');
    assert.equal(apply(missed, missed).missedBlock, null);
    assert.equal(apply(missed, choose(1)).missedBlock, null);
  });

  it('follows the tree, and takes no echo of its own choice for news', () => {
    const selected = (id: number) => snapshot({ selected: { block: 'mid.0', id } });
    assert.deepEqual(idsOf(apply(snapshot(), selected(5))), [5]);
    assert.deepEqual(idsOf(apply(selected(5))), [5], 'a panel that was just opened');
    const quick = apply(snapshot(), choose(1), choose(2), selected(1));
    assert.deepEqual(idsOf(quick), [2], 'the first of two quick clicks comes back late');
    assert.deepEqual(idsOf(reduce(quick, selected(2))), [2]);
    assert.deepEqual(idsOf(reduce(reduce(quick, selected(2)), selected(9))), [9]);
  });

  it('follows what was chosen while it was hidden, and keeps what was shown otherwise', () => {
    const selected = (id: number) => snapshot({ selected: { block: 'mid.0', id } });
    const before = apply(selected(5), choose(6, true), selected(6));
    const saved = JSON.parse(JSON.stringify(savedStateOf(before))) as unknown;
    assert.ok(isSavedState(saved));
    const shownAfter = (...events: PanelEvent[]) => idsOf(events.reduce(reduce, startState(saved)));
    assert.deepEqual(shownAfter(selected(9)), [9]);
    assert.deepEqual(shownAfter(selected(6)), [5, 6], 'nothing was chosen meanwhile');
    assert.deepEqual(shownAfter(snapshot()), [5, 6], 'the window was reloaded');
    assert.deepEqual(
      shownAfter(snapshot(), { kind: 'mapsCleared' }, selected(6)),
      [6],
      'chosen again after a reload',
    );
  });

  it('asks for what it lacks, and again once the problem is over', () => {
    const other = { runId: 'run-8', manifest: aManifest({ seed: 8 }) };
    const state = apply(snapshot({ other }));
    assert.deepEqual(missingPixels(state), ['run-7', 'run-8']);
    const failed = reduce(state, { kind: 'readings', runId: 'run-7', readings: null });
    assert.deepEqual(missingReadings(failed), ['run-8']);
    assert.equal(currentReadings(failed), null);
    const broken = reduce(failed, snapshot({ problem: { cause: 'The engine ended.' } }));
    assert.deepEqual(missingReadings(broken), []);
    assert.deepEqual(missingReadings(reduce(broken, snapshot())), ['run-7']);
  });

  it('forgets pictures that are no longer shown', () => {
    const readings = [aReading(1)];
    const state = apply(
      snapshot(),
      { kind: 'readings', runId: 'run-7', readings },
      snapshot({ picture: { runId: 'run-9', manifest: aManifest({ seed: 9 }) } }),
    );
    assert.deepEqual(Object.keys(state.readings), []);
  });

  it('has the steps that all blocks have', () => {
    const [long, short] = [aReading(4), aReading(2)];
    assert.equal(stepCountOf([long, short]), 2);
    assert.equal(stepIndexIn(short, 3), 1);
  });

  it('is kept and read again; what another version kept is not', () => {
    const state = apply(snapshot(), choose(3), {
      kind: 'chosen',
      choices: { rank: 'cells', topCount: 50, scale: 'common' },
    });
    const saved = JSON.parse(JSON.stringify(savedStateOf(state))) as unknown;
    assert.ok(isSavedState(saved));
    const again = startState(saved);
    assert.deepEqual([again.shown, again.rank, again.topCount], [state.shown, 'cells', 50]);
    assert.equal(saved.runId, 'run-7');
    for (const other of [
      null,
      1,
      { version: 2 },
      { version: 1, ui: { rank: 'best', shown: [] } },
    ]) {
      assert.equal(isSavedState(other), false);
    }
  });
});
