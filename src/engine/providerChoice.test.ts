import assert from 'node:assert/strict';
import { Dispatcher } from '../protocol/dispatcher.ts';
import { type ErrorCode, FeaturescopeError } from '../protocol/errors.ts';
import { startJob } from '../protocol/jobs.ts';
import type {
  Provider,
  ProviderFailure,
  ProviderProbe,
  ProviderWish,
} from '../protocol/provider.ts';
import { defineRequest } from '../protocol/request.ts';
import { ProviderChoice } from './providerChoice.ts';

interface Params {
  readonly modelDir: string;
  readonly provider: ProviderWish;
}
const draw = defineRequest<Params, Provider>('test/draw');

const probes: readonly ProviderProbe[] = [
  { provider: 'cpu', isWorking: true, reason: '', product: { runMs: 100, relativeError: 1e-7 } },
  { provider: 'cuda', isWorking: true, reason: '', product: { runMs: 1, relativeError: 1e-7 } },
];

function makeWorld(sizeBytes = 7e9) {
  const seen = {
    probeCount: 0,
    sizeCount: 0,
    failures: [] as ProviderFailure[],
    asked: [] as Provider[],
  };
  const choice = new ProviderChoice({
    probe: () => {
      seen.probeCount++;
      return Promise.resolve(probes);
    },
    sizeOf: () => {
      seen.sizeCount++;
      return Promise.resolve(sizeBytes);
    },
    onFailed: (failure) => seen.failures.push(failure),
  });
  const dispatcher = new Dispatcher(choice.around);
  let failure: FeaturescopeError | undefined;
  dispatcher.handle(draw, ({ provider }) => {
    seen.asked.push(provider);
    if (provider !== 'cpu' && failure) throw failure;
    return provider;
  });
  const fail = (code: ErrorCode, provider?: Provider): void => {
    failure = new FeaturescopeError(code, 'It broke.', { provider });
  };
  const ask = (provider: ProviderWish, modelDir = '/m') =>
    dispatcher.request(draw, { modelDir, provider });
  return { seen, choice, dispatcher, fail, ask };
}

describe('ProviderChoice', () => {
  it('settles auto, probes once, and leaves what was asked for by name alone', async () => {
    const { seen, ask } = makeWorld();
    assert.deepEqual([await ask('auto'), await ask('auto', '/n')], ['cuda', 'cuda']);
    assert.equal(seen.probeCount, 1);
    assert.equal(await ask('webgpu'), 'webgpu');
  });

  it('does not try anything out for a small model, and reads its folder once', async () => {
    const { seen, ask } = makeWorld(3e7);
    assert.equal(await ask('auto'), 'cpu');
    assert.equal(await ask('auto'), 'cpu');
    assert.equal(seen.probeCount, 0);
    assert.equal(seen.sizeCount, 1);
  });

  it('begins anew on the CPU when the provider fails, tells it, and does not try it again', async () => {
    const { seen, ask, fail } = makeWorld();
    fail('model', 'cuda');
    assert.equal(await ask('auto'), 'cpu');
    const failure = { provider: 'cuda', modelDir: '/m', reason: 'It broke.' };
    assert.deepEqual(seen.failures, [failure]);
    assert.equal(await ask('auto'), 'cpu');
    assert.deepEqual(seen.asked, ['cuda', 'cpu', 'cpu']);
    // Another model may fit where this one did not.
    assert.equal(await ask('auto', '/small').catch(() => 'tried'), 'cpu');
    assert.deepEqual(seen.asked.slice(3), ['cuda', 'cpu']);
  });

  it('tries again after a new probe', async () => {
    const { seen, choice, ask, fail } = makeWorld();
    fail('outOfMemory', 'cuda');
    await ask('auto');
    await choice.probes(true);
    await ask('auto');
    assert.deepEqual(seen.asked, ['cuda', 'cpu', 'cuda', 'cpu']);
    assert.equal(seen.probeCount, 2);
  });

  it('lets other failures through, and all of a provider that was asked for by name', async () => {
    const { seen, ask, fail } = makeWorld();
    fail('invalidInput');
    await assert.rejects(ask('auto'), { code: 'invalidInput' });
    fail('model', 'cuda');
    await assert.rejects(ask('cuda'), { code: 'model', provider: 'cuda' });
    assert.deepEqual(seen.failures, []);
  });

  it('settles what a job is started with', async () => {
    const { dispatcher } = makeWorld();
    let given: unknown;
    dispatcher.handle(startJob, ({ params }) => {
      given = params;
      return { jobId: 'job' };
    });
    const params = { modelDir: '/m', provider: 'auto', count: 3 };
    await dispatcher.request(startJob, { kind: 'collect', params });
    assert.deepEqual(given, { modelDir: '/m', provider: 'cuda', count: 3 });
  });
});
