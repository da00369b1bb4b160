import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { CudaLibrary } from '../../src/engine/cudaLibrary.ts';
import { createEngine, type Engine } from '../../src/engine/engine.ts';
import { createOrt } from '../../src/engine/ort/ortClient.ts';
import { cudaKind, cudaPackage, planCuda } from '../../src/protocol/cuda.ts';
import { type JobSummary, listJobs, startJob } from '../../src/protocol/jobs.ts';
import { eventually } from '../support/eventually.ts';
import { FakeNuget } from '../support/fakeNuget.ts';
import { seededRandom } from '../support/soak.ts';
import { matrixChain } from '../support/tinyGraphs.ts';

const root = join(import.meta.dirname, '..', '..');
const random = seededRandom(5);
const noise = (length: number): Uint8Array =>
  Uint8Array.from({ length }, () => Math.floor(random() * 256));
const native = 'runtimes/linux-x64/native/';
/** Libraries that no loader takes: what is loaded from where is told by its refusal. */
const shared = noise(20_000);
const cuda = noise(400_000);
const archive = zipSync({
  [`${native}libonnxruntime_providers_shared.so`]: shared,
  [`${native}libonnxruntime_providers_cuda.so`]: [cuda, { level: 0 }],
  [`${native}libonnxruntime_providers_tensorrt.so`]: noise(1000),
  '../../evil.so': noise(10),
});

describe("ONNX Runtime's CUDA library", function () {
  this.timeout(60_000);
  let storageDir: string;
  let engine: Engine;
  let nuget: FakeNuget;
  let indexUrl: string;
  let library: CudaLibrary;

  before(function () {
    if (process.platform !== 'linux' || process.arch !== 'x64') this.skip(); // until one is published
  });
  beforeEach(async () => {
    storageDir = mkdtempSync(join(tmpdir(), 'cuda-'));
    engine = createEngine({ extensionDir: root, storageDir });
    library = new CudaLibrary(storageDir, root);
    nuget = new FakeNuget(archive, `${cudaPackage.toLowerCase()}/${library.version}`);
    indexUrl = await nuget.start();
  });
  afterEach(async () => {
    await engine.stop();
    await nuget.stop();
    rmSync(storageDir, { recursive: true });
  });

  async function fetchIt(): Promise<JobSummary> {
    const { jobId } = await engine.request(startJob, { kind: cudaKind, params: { indexUrl } });
    return eventually('the job ends', async () => {
      const { jobs } = await engine.request(listJobs, null);
      const job = jobs.find((one) => one.jobId === jobId);
      return job?.state === 'done' || job?.state === 'failed' ? job : undefined;
    });
  }
  const dir = (): string => join(storageDir, 'cuda', library.version);

  it('is told with its size before anything is fetched', async () => {
    const offer = await engine.request(planCuda, { indexUrl });
    assert.deepEqual(offer, {
      ...{ version: library.version, sizeBytes: archive.length, isInstalled: false },
      page: `https://www.nuget.org/packages/${cudaPackage}/${library.version}`,
    });
    assert.deepEqual(nuget.ranges, []);
    assert.deepEqual(library.environment, {});
  });

  it('comes whole through cuts, is unpacked, and is where the runner looks first', async () => {
    nuget.fault = (index) => (index < 2 ? { cutAfter: 100_000 } : {});
    const { state, error } = await fetchIt();
    assert.equal(state, 'done', error?.message);
    assert.equal(nuget.ranges.length, 3);
    assert.match(nuget.ranges.at(-1) ?? '', /^bytes=[1-9]/, 'it went on');
    const names = ['libonnxruntime_providers_cuda.so', 'libonnxruntime_providers_shared.so'];
    assert.deepEqual(readdirSync(dir()).sort(), ['libonnxruntime.so.1', ...names]);
    assert.deepEqual(new Uint8Array(readFileSync(join(dir(), names[0]!))), cuda);
    assert.deepEqual(new Uint8Array(readFileSync(join(dir(), names[1]!))), shared);
    assert.ok(existsSync(readlinkSync(join(dir(), 'libonnxruntime.so.1'))));
    assert.deepEqual(readdirSync(storageDir).includes('evil.so'), false);
    const lines: string[] = [];
    const ort = createOrt({
      runnerPath: join(root, 'dist', 'runner.cjs'),
      environment: () => library.environment,
      onLog: ({ text }) => lines.push(text),
    });
    try {
      const graph = { bytes: matrixChain(1), externalDataDir: '' };
      await assert.rejects(ort.createSession({ graph, provider: 'cuda', threadCount: 1 }), {
        ...{ code: 'model', provider: 'cuda' },
      });
      assert.match(lines.join('\n'), new RegExp(`${dir()}/libonnxruntime_providers_shared`));
      await ort.createSession({ graph, provider: 'cpu', threadCount: 1 });
    } finally {
      await ort.stop();
    }
  });

  it('is not unpacked when its bytes are not those that the server publishes', async () => {
    nuget.fault = () => ({ wrongBytes: true });
    const { state, error } = await fetchIt();
    assert.equal(state, 'failed');
    assert.match(error?.message ?? '', /has the wrong hash .* twice/);
    assert.ok(!library.isInstalled && !existsSync(dir()));
  });

  it('is refused where the server publishes no hash, or is none', async () => {
    nuget.published = { packageHash: undefined };
    await assert.rejects(
      engine.request(planCuda, { indexUrl }),
      /does not say what a NuGet server/,
    );
    const other = indexUrl.replace('/v3/', '/v4/');
    await assert.rejects(engine.request(planCuda, { indexUrl: other }), /404/);
    await assert.rejects(engine.request(planCuda, { indexUrl: 'ftp://x' }), /https:\/\//);
  });
});
