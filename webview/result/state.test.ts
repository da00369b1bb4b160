import assert from 'node:assert/strict';
import type { ResultForm, ResultPicture, ResultState } from '../../src/protocol/resultPanel.ts';
import { isSavedState, savedStateOf } from './savedState.ts';
import {
  expectedCount,
  freshSeed,
  largePicture,
  leftMs,
  missingPixels,
  reduce,
  startState,
  type PanelEvent,
  type PanelState,
} from './state.ts';

const form: ResultForm = {
  prompt: 'a cat',
  negativePrompt: '',
  seed: 7,
  steps: 1,
  guidanceScale: 0,
  scheduler: 'EulerDiscreteScheduler',
  width: 128,
  height: 128,
};
const picture = (seed: number, isKept = true): ResultPicture => ({
  pictureId: `run-${seed}`,
  truncations: [],
  isKept,
  manifest: {
    ...form,
    version: 1,
    seed,
    model: { id: 'mini', hashes: {} },
    provider: 'cpu',
    versions: { featurescope: '0', onnxruntime: '0' },
    createdAt: '',
    timingsMs: {},
  },
});
const host = (change: Partial<ResultState> = {}): ResultState => ({
  model: null,
  limits: null,
  form,
  promptHistory: [],
  status: { kind: 'idle' },
  pictures: [],
  notice: null,
  ...change,
});
const running = (pictureCount: number, fraction = 0.5) =>
  ({ kind: 'running', phase: 'x', fraction, pictureIndex: 0, pictureCount }) as const;
const snapshot = (change: Partial<ResultState> = {}, nowMs = 0): PanelEvent => ({
  kind: 'snapshot',
  host: host(change),
  nowMs,
});
const after = (...events: PanelEvent[]): PanelState => events.reduce(reduce, startState(undefined));
const edited = (field: 'prompt' | 'seed' | 'steps', value: string): PanelEvent => ({
  kind: 'edited',
  field,
  value,
});

describe('a snapshot', () => {
  it('fills an untouched form', () => {
    assert.equal(after(snapshot()).draft?.seed, '7');
  });

  it('leaves what is typed alone unless the host has news', () => {
    const typed = after(
      snapshot(),
      edited('prompt', 'a cat and'),
      snapshot({ promptHistory: ['x'] }),
    );
    assert.equal(typed.draft?.prompt, 'a cat and');
    const news = reduce(typed, snapshot({ form: { ...form, seed: 8 } }));
    assert.deepEqual([news.draft?.prompt, news.draft?.seed], ['a cat and', '8']);
  });

  it('does not undo what was typed after a request was sent', () => {
    const sent = { ...form, prompt: 'a cat and a dog' };
    const state = after(
      snapshot(),
      { kind: 'sent', form: sent },
      edited('prompt', 'a cat and a dog on g'),
      snapshot({ form: sent, status: running(1) }),
    );
    assert.equal(state.draft?.prompt, 'a cat and a dog on g');
  });

  it('announces pictures that came, not those that were there', () => {
    const opened = after(snapshot({ pictures: [picture(7)] }));
    assert.equal(opened.announced, '');
    const one = reduce(opened, snapshot({ pictures: [picture(8)] }));
    assert.equal(one.announced, 'Picture with seed 8 is finished.');
    const two = reduce(one, snapshot({ pictures: [picture(8), picture(9), picture(10)] }));
    assert.equal(two.announced, 'Pictures with seeds 9, 10 are finished.');
  });

  it('says the same words again after the next run, and none after a failure', () => {
    const first = after(snapshot(), snapshot({ pictures: [picture(7)] }));
    const next = reduce(first, snapshot({ pictures: [picture(7)], status: running(1) }));
    assert.deepEqual([first.announced !== '', next.announced], [true, '']);
    const problem = { cause: 'x' };
    assert.equal(reduce(first, snapshot({ status: { kind: 'failed', problem } })).announced, '');
  });

  it('says that a run was cancelled when no picture came of it', () => {
    const running_ = after(snapshot({ pictures: [picture(7)] }), snapshot({ pictures: [picture(7)], status: running(2) })); // prettier-ignore
    const none = reduce(running_, snapshot({ pictures: [picture(7)] }));
    assert.equal(none.announced, 'Cancelled.');
    const one = reduce(running_, snapshot({ pictures: [picture(8)], status: running(2) }));
    assert.equal(
      reduce(one, snapshot({ pictures: [picture(8)] })).announced,
      'Picture with seed 8 is finished.',
    );
  });

  it('forgets pixels and the enlarged picture when they are gone', () => {
    const pixels = { width: 1, height: 1, rgb: new Uint8Array(3) };
    const state = after(
      snapshot({ pictures: [picture(7), picture(8)] }),
      { kind: 'enlarged', pictureId: 'run-7' },
      { kind: 'pixels', pictureId: 'run-7', picture: pixels },
    );
    assert.deepEqual(missingPixels(state), ['run-8']);
    const next = reduce(state, snapshot({ pictures: [picture(8), picture(9)] }));
    assert.equal(next.enlargedId, null);
    assert.deepEqual(next.pixels, {});
  });
});

describe('largePicture', () => {
  it('is the only one, or the chosen one of several', () => {
    const several = after(snapshot({ pictures: [picture(7), picture(8)] }));
    assert.equal(largePicture(several), undefined);
    const chosen = reduce(several, { kind: 'enlarged', pictureId: 'run-8' });
    assert.equal(largePicture(chosen)?.pictureId, 'run-8');
    assert.equal(largePicture(after(snapshot({ pictures: [picture(7)] })))?.pictureId, 'run-7');
  });

  it('waits when more are on their way', () => {
    const state = after(snapshot({ status: running(4), pictures: [picture(7)] }));
    assert.equal(expectedCount(state), 3);
    assert.equal(largePicture(state), undefined);
  });

  it('is still the old one before the first of four has come', () => {
    const state = after(snapshot({ status: running(4), pictures: [picture(3)] }));
    assert.equal(expectedCount(state), 0);
    assert.equal(largePicture(state)?.pictureId, 'run-3');
  });
});

describe('freshSeed', () => {
  it('follows the last picture, or the field once it was changed', () => {
    const shown = after(snapshot({ pictures: [picture(7), picture(8)] }));
    assert.equal(freshSeed(shown), 9);
    assert.equal(freshSeed(reduce(shown, edited('seed', '100'))), 100);
    assert.equal(freshSeed(after(snapshot())), 7);
    assert.equal(freshSeed(reduce(shown, edited('seed', ' '))), undefined);
  });
});

describe('leftMs', () => {
  it('counts from the beginning of the run', () => {
    const state = after(
      snapshot({}, 1000),
      snapshot({ status: running(1, 0) }, 2000),
      snapshot({ status: running(1, 0.25) }, 12_000),
    );
    assert.equal(leftMs(state), 30_000);
    assert.equal(leftMs(reduce(state, snapshot({}, 13_000))), undefined);
  });
});

describe('what is kept over a reload', () => {
  it('brings back the form as typed, kept pictures and the open parts', () => {
    const pictures = [picture(7), picture(8, false)];
    const state = after(
      snapshot({ pictures }),
      edited('prompt', 'half a sent'),
      edited('steps', 'x'),
      { kind: 'enlarged', pictureId: 'run-7' },
      { kind: 'advancedToggled', isOpen: true },
    );
    const saved: unknown = JSON.parse(JSON.stringify(savedStateOf(state)));
    assert(isSavedState(saved));
    assert.deepEqual(saved.pictureIds, ['run-7']);
    assert.deepEqual(saved.form, { ...form, prompt: 'half a sent' });
    const back = reduce(startState(saved), snapshot({ pictures, form }));
    assert.deepEqual([back.draft?.prompt, back.draft?.steps], ['half a sent', '1']);
    assert.deepEqual([back.enlargedId, back.isAdvancedOpen], ['run-7', true]);
  });

  it('is nothing before the first snapshot, and nothing of another version', () => {
    assert.equal(savedStateOf(startState(undefined)), undefined);
    assert.equal(isSavedState({ version: 2, form, ui: {} }), false);
    assert.equal(isSavedState(null), false);
  });
});
