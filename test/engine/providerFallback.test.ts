import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, type Engine } from '../../src/engine/engine.ts';
import { ProviderChoice } from '../../src/engine/providerChoice.ts';
import { Dispatcher } from '../../src/protocol/dispatcher.ts';
import { generatePicture, listRuns } from '../../src/protocol/engine.ts';
import { runBoard } from '../../src/protocol/interventions.ts';
import {
  chooseProvider,
  type ProviderFailure,
  type ProviderProbe,
} from '../../src/protocol/provider.ts';
import type { RequestDefinition } from '../../src/protocol/request.ts';
import { smallRequest } from '../support/engineSession.ts';

/** One that ONNX Runtime's package for this platform does not have. */
const absent = process.platform === 'darwin' ? 'dml' : 'coreml';

/** The real engine behind a choice that believes in a provider that is not there. */
describe('a provider that was chosen automatically and fails', function () {
  this.timeout(120_000);
  const failures: ProviderFailure[] = [];
  const probes: readonly ProviderProbe[] = (['cpu', absent] as const).map((provider) => ({
    ...{ provider, isWorking: true, reason: '' },
    product: { relativeError: 1e-7, runMs: provider === 'cpu' ? 100 : 1 },
  }));
  let storageDir: string;
  let engine: Engine;
  let front: Dispatcher;

  before(() => {
    storageDir = mkdtempSync(join(tmpdir(), 'fallback-'));
    engine = createEngine({ extensionDir: join(import.meta.dirname, '..', '..'), storageDir });
    const choice = new ProviderChoice({
      probe: () => Promise.resolve(probes),
      sizeOf: () => Promise.resolve(7e9),
      onFailed: (failure) => failures.push(failure),
    });
    front = new Dispatcher(choice.around);
    const pass = <P, R, G>(definition: RequestDefinition<P, R, G>): void => {
      front.handle(definition, async (params, context) => {
        const passed = { signal: context.signal, progress: context.progress as () => void };
        return (await engine.dispatcher.dispatch(definition.method, params, passed)) as R;
      });
    };
    pass(generatePicture);
    pass(runBoard);
  });
  after(async () => {
    await engine.stop();
    rmSync(storageDir, { recursive: true });
  });

  it('gives a picture of the CPU, whose manifest says so, and the reason', async () => {
    const wish = { ...smallRequest, provider: 'auto', keep: true } as const;
    const { manifest, runId } = await front.request(generatePicture, wish);
    assert.equal(manifest.provider, 'cpu');
    const { runs } = await engine.request(listRuns, { limit: 5 });
    assert.deepEqual(
      runs.map((run) => [run.runId, run.manifest.provider]),
      [[runId, 'cpu']],
    );
    assert.deepEqual(
      failures.map(({ provider, modelDir }) => [provider, modelDir]),
      [[absent, smallRequest.modelDir]],
    );
    assert.match(failures[0]?.reason ?? '', /could not be loaded with provider/);
  });

  it('gives a whole board of one provider, without another try', async () => {
    const { modelDir } = smallRequest;
    const bases = [smallRequest, { ...smallRequest, seed: 2 }];
    const seen: string[] = [];
    await front.request(
      runBoard,
      { modelDir, provider: 'auto', bases, variants: [] },
      {
        onProgress: (value) => {
          if (value.phase === 'made') seen.push(value.made.manifest.provider);
        },
      },
    );
    assert.deepEqual(seen, ['cpu', 'cpu']);
    assert.equal(failures.length, 1);
  });

  it('is an error for who asked for it by name', async () => {
    await assert.rejects(front.request(generatePicture, { ...smallRequest, provider: absent }), {
      ...{ code: 'model', provider: absent },
    });
  });

  it('is not even looked for with the embedded model', async () => {
    const { provider, why } = await engine.request(chooseProvider, {
      modelDir: smallRequest.modelDir,
    });
    assert.equal(provider, 'cpu');
    assert.match(why, /small enough/);
  });
});
