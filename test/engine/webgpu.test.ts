import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decideProvider } from '../../src/engine/decideProvider.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { probeGraph } from '../../src/engine/onnx/probeGraph.ts';
import { createOrt } from '../../src/engine/ort/ortClient.ts';
import { probeProviders } from '../../src/engine/ort/probeProviders.ts';
import type { LogRecord } from '../../src/protocol/log.ts';
import { reportParity } from '../../src/protocol/parity.ts';
import type { Provider } from '../../src/protocol/provider.ts';
import type { TensorValue } from '../../src/protocol/tensors.ts';
import { embeddedModel, smallRequest } from '../support/engineSession.ts';
import { SoftwareVulkan } from '../support/softwareVulkan.ts';
import { soakCount } from '../support/soak.ts';
import { identity, matrixChain } from '../support/tinyGraphs.ts';

const root = join(import.meta.dirname, '..', '..');
const runnerPath = join(root, 'dist', 'runner.cjs');
const square = (n: number): TensorValue => ({ dtype: 'float32', dims: [n, n], data: identity(n) });

/** WebGPU as it is, on a driver that computes in software: what it says is right, what it takes means nothing. */
describe('WebGPU on software Vulkan', function () {
  this.timeout(300_000);
  this.slow(60_000);
  const vulkan = new SoftwareVulkan();
  let ort: ReturnType<typeof createOrt>;
  let records: string[];

  before(function () {
    if (!vulkan.isThere) this.skip(); // until Chromium's is found
    vulkan.use();
  });
  after(() => {
    vulkan.remove();
  });
  beforeEach(() => {
    records = [];
    const onLog = ({ text }: LogRecord) => records.push(text);
    ort = createOrt({ runnerPath, providerLimitMs: 5000, onLog });
  });
  afterEach(() => ort.stop());

  const chain = (productCount: number, provider: Provider) =>
    ort.createSession({
      graph: { bytes: matrixChain(productCount), externalDataDir: '' },
      ...{ provider, threadCount: 1 },
    });
  const cpuWorks = async (): Promise<void> => {
    const session = await chain(1, 'cpu');
    const { outputs } = await session.run({ x: square(2) }, { y: 'value' });
    assert.deepEqual((outputs.y as TensorValue).data, identity(2));
  };

  it('the probe finds it exact, and the automatic choice stays with the CPU', async () => {
    const probes = await probeProviders({ runnerPath }, { stage: probeGraph() }, () => undefined, [
      'cpu',
      'webgpu',
    ]);
    assert.deepEqual(
      probes.map(({ provider, reason }) => [provider, reason]),
      [
        ['cpu', ''],
        ['webgpu', ''],
      ],
    );
    const { provider, why } = decideProvider({ sizeBytes: 7e9, failed: new Set() }, probes);
    assert.equal(provider, 'cpu');
    assert.equal(why, 'webgpu is too slow');
  });

  it('a run that does not end is ended, named, and no crash', async () => {
    for (let time = 0; time < 3; time++) {
      const session = await chain(2000, 'webgpu');
      await assert.rejects(session.run({ x: square(512) }, { y: 'value' }), {
        ...{ code: 'model', provider: 'webgpu' },
        message: 'Provider "webgpu" gave no answer within 5 s.',
      });
      assert.equal(session.isAlive, false);
      await cpuWorks();
    }
  });

  for (const cause of ['SIGSEGV', 'SIGABRT'] as const) {
    it(`a crash by ${cause} is told with its provider, and the CPU goes on`, async () => {
      const session = await chain(2000, 'webgpu');
      const run = session.run({ x: square(512) }, { y: 'value' });
      const pid = Number(/^started, pid (\d+)/.exec(records.at(-1) ?? '')?.[1]);
      setTimeout(() => process.kill(pid, cause), 500);
      await assert.rejects(run, {
        ...{ code: 'internal', provider: 'webgpu' },
        message: `The inference process ended unexpectedly (signal ${cause}). Provider "webgpu" was at work.`,
      });
      await cpuWorks();
    });
  }

  it('a picture of the embedded model: the same features, with the report that says so', async function () {
    // Shaders are compiled, and run, in software: a minute.
    if (soakCount(0, 1) === 0) this.skip(); // until `npm run soak`
    this.timeout(900_000);
    const storageDir = mkdtempSync(join(tmpdir(), 'webgpu-'));
    const engine = createEngine({ extensionDir: root, storageDir });
    try {
      const report = await engine.request(reportParity, {
        ...{ modelDir: embeddedModel, provider: 'webgpu' },
        base: { ...smallRequest, width: 32, height: 32 },
      });
      assert.equal(report.blocks.length, 4);
      for (const parity of report.blocks) {
        const { block, cellCount, equalCellCount, largestError, largestValue } = parity;
        // float32, sums in the driver's order: a code on the edge of the list may change places.
        assert.ok(equalCellCount >= 0.9 * cellCount, block);
        assert.ok(largestError <= 1e-2 * largestValue, `${block}: ${String(largestError)}`);
      }
      assert.ok(report.picture.largestError <= 2 && report.picture.ssim > 0.999);
    } finally {
      await engine.stop();
      rmSync(storageDir, { recursive: true });
    }
  });
});
