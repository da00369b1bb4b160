import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { manifestFor } from '../../../test/support/manifest.ts';
import { Dispatcher } from '../../protocol/dispatcher.ts';
import {
  describeModel,
  type GenerateParams,
  generatePicture,
  type GenerateProgress,
  openRun,
} from '../../protocol/engine.ts';
import { cancelled, FeaturescopeError, invalidInput } from '../../protocol/errors.ts';
import type { ResultState } from '../../protocol/resultPanel.ts';
import { CurrentModel } from '../currentModel.ts';
import { PromptHistory } from '../promptHistory.ts';
import { Report } from '../report.ts';
import { type SettingKey, Settings } from '../settings.ts';
import { ResultSession } from './resultSession.ts';

const limits = {
  stepsMax: 50,
  guidanceScaleMax: 20,
  sizeMultiple: 8,
  sizeMin: 64,
  sizeMax: 1024,
  promptLengthMax: 10_000,
};
const defaults = {
  steps: 2,
  guidanceScale: 0,
  scheduler: 'EulerAncestralDiscreteScheduler',
  width: 128,
  height: 128,
} as const;

interface FakeWork {
  /** What the engine does with a picture request; by default it makes the picture. */
  generate?: (params: GenerateParams, signal: AbortSignal) => Promise<void>;
  keepFailure?: FeaturescopeError;
  describeFailure?: FeaturescopeError;
  openFailure?: FeaturescopeError;
  settings?: Partial<Record<SettingKey, unknown>>;
}

function makeSession(work: FakeWork = {}) {
  const requests: GenerateParams[] = [];
  const engine = new Dispatcher();
  const picture = { width: 8, height: 8, rgb: new Uint8Array(192) };
  engine.handle(describeModel, ({ modelDir: dir }) => {
    if (work.describeFailure) throw work.describeFailure;
    return { dir, id: 'fake', title: 'Fake', sizeBytes: 1, tokenLimit: 77, defaults, limits };
  });
  engine.handle(generatePicture, async (params, { signal, progress }) => {
    requests.push(params);
    const say = (value: GenerateProgress): void => {
      progress(value);
    };
    say({ phase: 'denoising', stepIndex: 0, stepCount: params.steps });
    await work.generate?.(params, signal);
    const { prompt, seed } = params;
    const result = {
      picture,
      manifest: manifestFor({ prompt, seed }),
      truncations: [],
      readings: [],
      runMs: 1,
    };
    return work.keepFailure
      ? { ...result, keepFailure: work.keepFailure.toData() }
      : { ...result, runId: `run-${String(seed)}` };
  });
  engine.handle(openRun, ({ runId }) => {
    if (work.openFailure) throw work.openFailure;
    const seed = Number(/^run-(\d+)$/.exec(runId)?.[1]);
    if (Number.isNaN(seed)) throw invalidInput(`No run ${runId}.`);
    const manifest = manifestFor({ seed, steps: 4, model: { id: 'other', hashes: {} } });
    return { run: { runId, manifest, pngPath: '', sizeBytes: 0 }, picture };
  });
  const settings = new Settings((key) => work.settings?.[key]);
  const states: ResultState[] = [];
  const memory = new Map<string, unknown>();
  const session: ResultSession = new ResultSession(
    {
      engine,
      settings,
      model: new CurrentModel(engine, settings, '/extension'),
      history: new PromptHistory({
        get: (key) => memory.get(key),
        update: async (key, value) => void memory.set(key, value),
      }),
      report: new Report({
        isTrusted: () => true,
        log: () => undefined,
        notify: async () => undefined,
        act: () => undefined,
      }),
    },
    () => states.push(session.state),
  );
  return { session, requests, states };
}

async function finished(session: ResultSession): Promise<ResultState> {
  while (session.isRunning) await turn();
  return session.state;
}

const seedsOf = ({ pictures }: ResultState) => pictures.map(({ manifest }) => manifest.seed);

/** Ends only when it is cancelled. */
const endless = (_: GenerateParams, signal: AbortSignal): Promise<void> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(cancelled());
    });
  });

describe('ResultSession', () => {
  it('fills in the numbers of the model, and the settings before them', async () => {
    const { session } = makeSession({ settings: { 'generate.steps': 3 } });
    await session.prepare();
    const { form, model, limits: shown } = session.state;
    assert.deepEqual([form.steps, form.width, form.scheduler], [3, 128, defaults.scheduler]);
    assert.deepEqual(model, { title: 'Fake', tokenLimit: 77 });
    assert.deepEqual(shown, limits);
  });

  it('makes a picture from words alone, with progress, and remembers the words', async () => {
    const { session, requests, states } = makeSession();
    await session.generatePrompt('a dog');
    const state = await finished(session);
    const request = requests[0]!;
    assert.deepEqual([request.prompt, request.steps, request.keep], ['a dog', 2, true]);
    assert.match(request.modelDir, /mini$/);
    assert.deepEqual(state.status, { kind: 'idle' });
    assert.deepEqual(state.promptHistory, ['a dog']);
    assert.equal(state.pictures[0]?.pictureId, 'run-0');
    const phases = states.map(({ status }) => (status.kind === 'running' ? status.phase : ''));
    assert(phases.includes('Denoising step 1 of 2'));
  });

  it('makes several seeds one after the other and counts over all of them', async () => {
    const { session, requests, states } = makeSession();
    await session.prepare();
    await session.generate({ ...session.state.form, seed: 2 ** 32 - 2 }, 4);
    const state = await finished(session);
    assert.deepEqual(seedsOf(state), [2 ** 32 - 2, 2 ** 32 - 1, 0, 1]);
    assert.equal(requests.length, 4);
    const fractions = states.flatMap(({ status }) =>
      status.kind === 'running' ? [status.fraction] : [],
    );
    assert.deepEqual(
      fractions,
      [...fractions].sort((a, b) => a - b),
    );
    assert((fractions.at(-1) ?? 0) > 0.75);
    await session.generateNextSeed();
    assert.deepEqual(seedsOf(await finished(session)), [2]);
  });

  it('refuses a number of seeds that is out of range', async () => {
    const { session } = makeSession();
    for (const seedCount of [0, -1, 17, 1.5, Number.NaN]) {
      await assert.rejects(session.generate(session.state.form, seedCount), /allowed are 1 to 16/);
    }
  });

  it('cancels: the work has stopped, what is finished stays', async () => {
    const { session } = makeSession({
      generate: async (params, signal) => {
        if (params.seed > 0) await endless(params, signal);
      },
    });
    await session.prepare();
    await session.generate(session.state.form, 4);
    while (session.state.pictures.length === 0) await turn();
    await session.cancel();
    assert.equal(session.isRunning, false);
    assert.deepEqual(session.state.status, { kind: 'idle' });
    assert.deepEqual(seedsOf(session.state), [0]);
  });

  it('stops what runs before it starts anew', async () => {
    const work: FakeWork = { generate: endless };
    const { session, requests } = makeSession(work);
    await session.prepare();
    await session.generate({ ...session.state.form, prompt: 'first' }, 1);
    while (requests.length === 0) await turn();
    work.generate = async () => undefined;
    await session.generate({ ...session.state.form, prompt: 'second' }, 1);
    const state = await finished(session);
    assert.deepEqual(
      state.pictures.map(({ manifest }) => manifest.prompt),
      ['second'],
    );
  });

  it('shows why it failed and keeps the pictures that were there', async () => {
    const work: FakeWork = {};
    const { session } = makeSession(work);
    await session.generatePrompt('a dog');
    await finished(session);
    work.generate = async () => {
      throw new FeaturescopeError('closed', 'The engine ended unexpectedly (signal SIGKILL).');
    };
    await session.generatePrompt('a cat');
    const { status, pictures, form } = await finished(session);
    assert(status.kind === 'failed');
    assert.match(status.problem.cause, /SIGKILL/);
    assert.equal(status.problem.action?.id, 'restartEngine');
    assert.equal(pictures.length, 1);
    assert.equal(form.prompt, 'a cat');
    await session.prepare();
    assert.deepEqual(session.state.status, { kind: 'idle' });
  });

  it('tries the model again after it could not be read', async () => {
    const work: FakeWork = { describeFailure: new FeaturescopeError('model', 'No unet.') };
    const { session } = makeSession(work);
    await session.prepare();
    const { status } = session.state;
    assert(status.kind === 'failed');
    assert.equal(status.problem.action?.id, 'chooseModel');
    delete work.describeFailure;
    await session.prepare();
    assert.deepEqual(session.state.status, { kind: 'idle' });
    assert.equal(session.state.form.steps, 2);
  });

  it('says when a picture could not be kept, and still has it', async () => {
    const { session } = makeSession({ keepFailure: invalidInput('The disk is full.') });
    await session.generatePrompt('a dog');
    const { notice, pictures } = await finished(session);
    assert.match(notice?.cause ?? '', /could not be kept. The disk is full/);
    assert.equal(notice?.action?.id, 'saveElsewhere');
    assert.equal(pictures[0]?.isKept, false);
    assert.equal(session.unkept?.shown, pictures[0]);
  });

  it('opens runs with the form that makes them again, and names another model', async () => {
    const { session } = makeSession();
    await session.show(['run-5', 'run-6']);
    const { form, notice } = session.state;
    assert.deepEqual(seedsOf(session.state), [5, 6]);
    assert.deepEqual([form.seed, form.steps], [5, 4]);
    assert.match(notice?.cause ?? '', /"other".*"fake"/);
  });

  it('restores what is left: the form as it was, and a word about what is gone', async () => {
    const { session } = makeSession();
    await session.prepare();
    const form = { ...session.state.form, prompt: 'half a sent', steps: 9 };
    await session.show(['run-5', 'gone'], form);
    assert.deepEqual(session.state.form, form);
    assert.match(session.state.notice?.cause ?? '', /1 of 2 pictures/);
    await session.show(['gone']);
    assert.match(session.state.notice?.cause ?? '', /No run gone/);
  });

  it('shows what it owes once the engine is there', async () => {
    const work: FakeWork = { openFailure: new FeaturescopeError('closed', 'Not yet.') };
    const { session } = makeSession(work);
    await session.show(['run-5']);
    assert.equal(session.state.status.kind, 'failed');
    delete work.openFailure;
    await session.recover();
    assert.deepEqual(session.state.status, { kind: 'idle' });
    assert.deepEqual(seedsOf(session.state), [5]);
  });

  it('takes the numbers of another model but keeps the words', async () => {
    const { session } = makeSession();
    await session.prepare();
    await session.generate({ ...session.state.form, prompt: 'a dog', steps: 9 }, 1);
    await finished(session);
    await session.modelChanged();
    assert.deepEqual([session.state.form.prompt, session.state.form.steps], ['a dog', 2]);
  });

  it('makes all pictures of a run with the model that the form is of, whatever is chosen meanwhile', async () => {
    const settings = { 'model.folder': '/one' };
    const generate = async (): Promise<void> => {
      settings['model.folder'] = '/other';
    };
    const { session, requests } = makeSession({ settings, generate });
    await session.prepare();
    await session.generate({ ...session.state.form, prompt: 'a dog' }, 2);
    await finished(session);
    assert.deepEqual(
      requests.map(({ modelDir }) => modelDir),
      ['/one', '/one'],
    );
  });
});
