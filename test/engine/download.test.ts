import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine } from '../../src/engine/engine.ts';
import { type DownloadContext, download } from '../../src/engine/models/download/download.ts';
import type { DownloadProgress } from '../../src/engine/models/download/fetching.ts';
import { parseRepo } from '../../src/engine/models/download/downloadPlan.ts';
import { planDownload, setHubToken } from '../../src/protocol/downloads.ts';
import { listJobs, startJob } from '../../src/protocol/jobs.ts';
import { eventually } from '../support/eventually.ts';
import { commit, FakeHub } from '../support/fakeHub.ts';
import { seededRandom, soakCount } from '../support/soak.ts';

const largeBytes = 3_000_000;
const random = seededRandom(11);
const large = Uint8Array.from({ length: largeBytes }, () => Math.floor(random() * 256));
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const files = new Map([
  ['model_index.json', text('{"_class_name": "StableDiffusionXLPipeline"}')],
  ['unet/model.onnx', large.subarray(0, 200_000)],
  ['unet/model.onnx_data', large],
  ['unet/config.json', text('{}')],
  ['unet/diffusion_pytorch_model.safetensors', large],
  ['samples/picture.png', text('picture')],
  ['LICENSE.md', text('terms')],
]);
const wanted = [
  'LICENSE.md',
  'model_index.json',
  'unet/config.json',
  'unet/model.onnx',
  'unet/model.onnx_data',
];

describe('download of a model', () => {
  let root: string;
  let hub: FakeHub;
  let hubUrl: string;
  let notes: string[];
  let count = 0;

  before(() => {
    root = mkdtempSync(join(tmpdir(), 'download-'));
  });
  beforeEach(async () => {
    hub = new FakeHub(files);
    hubUrl = await hub.start();
    notes = [];
  });
  afterEach(() => hub.stop());
  after(() => {
    rmSync(root, { recursive: true });
  });

  const folder = (): string => join(root, `files${String(count++)}`);
  async function fetchInto(
    filesDir: string,
    options: Partial<DownloadContext> = {},
    onProgress: (progress: DownloadProgress) => void = () => undefined,
  ) {
    const steps = download(
      filesDir,
      { name: 'me/mine', content: 'model' },
      {
        ...{ hubUrl, signal: new AbortController().signal, stallMs: 10_000, retryMs: 1 },
        onNote: (note) => notes.push(note),
        ...options,
      },
    );
    for (let step = await steps.next(); ; step = await steps.next()) {
      if (step.done) return step.value;
      onProgress(step.value);
    }
  }
  const assertWhole = (dir: string): void => {
    const names = readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(dir.length + 1)
          .replaceAll('\\', '/'),
      );
    assert.deepEqual(names.sort(), wanted);
    for (const name of wanted) {
      assert.ok(readFileSync(join(dir, name)).equals(files.get(name) ?? new Uint8Array()), name);
    }
  };

  it('fetches what a model needs, and no weights of other frameworks', async () => {
    const { dir, fetchedBytes } = await fetchInto(folder());
    assertWhole(dir);
    assert.equal(fetchedBytes, hub.sentBytes);
    assert.deepEqual(notes, []);
  });

  it('ends with the right bytes after cuts at random places, with little fetched again', async function () {
    this.timeout(soakCount(30_000, 300_000));
    const downloadCount = soakCount(3, 100);
    for (let i = 0; i < downloadCount; i++) {
      const cuts = [random() * largeBytes, (random() * largeBytes) / 2].map(Math.floor);
      hub.fault = (path) => {
        const cutAfter = path.endsWith('_data') ? cuts.pop() : undefined;
        return cutAfter === undefined ? {} : { cutAfter };
      };
      const filesDir = folder();
      assertWhole((await fetchInto(filesDir)).dir);
      assert.equal(cuts.length, 0);
      rmSync(filesDir, { recursive: true });
    }
    const needed = wanted.reduce((sum, name) => sum + (files.get(name)?.length ?? 0), 0);
    const again = hub.sentBytes / (needed * downloadCount) - 1;
    // A piece that was on its way when the connection broke is lost; files of models are a thousand times this size.
    assert.ok(again < 0.02, `${String(100 * again)} % was fetched again`);
    this.test!.title += ` (${(100 * again).toFixed(2)} %)`;
  });

  it('gives up a connection that stalls, and goes on', async () => {
    let isFirst = true;
    hub.fault = (path) => {
      if (!path.endsWith('_data') || !isFirst) return {};
      isFirst = false;
      return { stallAfter: 1_000_000 };
    };
    const { dir } = await fetchInto(folder(), { stallMs: 300 });
    assertWhole(dir);
    assert.ok(
      notes.some((note) => note.includes('no bytes for 0.3 s')),
      notes.join('\n'),
    );
  });

  it('goes on from what is there when it is started anew, with the same commit', async () => {
    const filesDir = folder();
    const controller = new AbortController();
    hub.fault = (path) => (path.endsWith('_data') ? { stallAfter: 2_000_000 } : {});
    await assert.rejects(
      fetchInto(filesDir, { signal: controller.signal }, ({ doneBytes }) => {
        if (doneBytes >= 2_000_000) controller.abort();
      }),
      { name: 'AbortError' },
    );
    assert.ok(
      existsSync(join(filesDir, 'me--mine.partial')) && !existsSync(join(filesDir, 'me--mine')),
    );
    hub.fault = () => ({});
    hub.sentBytes = 0;
    assertWhole((await fetchInto(filesDir)).dir);
    assert.ok(hub.sentBytes <= 1_300_000, `${String(hub.sentBytes)} bytes`);
    await assert.rejects(fetchInto(filesDir), /is there already/);
  });

  it('bears a server that ignores ranges, answers 503, or gives too much', async () => {
    const faults = [
      { cutAfter: 900_000 },
      { status: 503 },
      { ignoresRange: true, cutAfter: 1_200_000 },
    ];
    hub.fault = (path) =>
      path.endsWith('_data')
        ? (faults.shift() ?? {})
        : path.endsWith('.onnx')
          ? { extraBytes: 50 }
          : {};
    assertWhole((await fetchInto(folder())).dir);
    assert.equal(faults.length, 0);
  });

  it('refuses bytes that are not those listed, naming both hashes', async () => {
    let wrongCount = 1;
    hub.fault = (path) => (path.endsWith('_data') && wrongCount-- > 0 ? { wrongBytes: true } : {});
    assertWhole((await fetchInto(folder())).dir);
    assert.match(
      notes.join(),
      /has the wrong hash \([0-9a-f]{64}, not [0-9a-f]{64}\); it is fetched again/,
    );
    hub.fault = (path) => (path === 'unet/config.json' ? { wrongBytes: true } : {});
    const filesDir = folder();
    await assert.rejects(fetchInto(filesDir), {
      code: 'model',
      message:
        /me\/mine\/unet\/config\.json has the wrong hash .* twice: the server gives other bytes/,
    });
    assert.ok(!existsSync(join(filesDir, 'me--mine')));
  });

  it('refuses sizes that are lies', async () => {
    hub.listedSizes = { 'unet/model.onnx_data': largeBytes + 1 };
    await assert.rejects(fetchInto(folder()), {
      code: 'model',
      message: /ends after 3000000 of 3000001 bytes|cannot be reached|answered 416/,
    });
    hub.listedSizes = { 'unet/model.onnx_data': 4e15 };
    await assert.rejects(fetchInto(folder()), {
      code: 'model',
      message: /needs 4000000\.\d GB more, but .* are free/,
    });
  });

  it('refuses paths that lead out of the folder, and repositories without a model', async () => {
    for (const [path, message] of [
      ['../outside.json', /which is no plain path/],
      ['unet/../../x.json', /which is no plain path/],
      ['C:/x.json', /which is no plain path/],
    ] as const) {
      const other = new FakeHub(new Map([...files, [path, text('x')]]));
      const options = { hubUrl: await other.start() };
      await assert.rejects(fetchInto(folder(), options), { code: 'model', message });
      await other.stop();
    }
    const torch = new FakeHub(new Map([...files].filter(([path]) => !path.includes('.onnx'))));
    const options = { hubUrl: await torch.start() };
    await assert.rejects(
      fetchInto(folder(), options),
      /holds no unet\/model\.onnx.*PyTorch weights: export/,
    );
    await torch.stop();
  });

  it('says what helps when the hub refuses', async () => {
    hub.token = 'secret';
    await assert.rejects(fetchInto(folder()), /refuses me\/mine \(401\): .*set a token/);
    await assert.rejects(
      fetchInto(folder(), { token: 'other' }),
      /refuses .*the token may lack the right/,
    );
    assertWhole((await fetchInto(folder(), { token: 'secret' })).dir);
    await hub.stop();
    await assert.rejects(fetchInto(folder()), /cannot be reached .*Settings: proxy and mirror/);
    await hub.start();
  });

  it('reads names as people write them', () => {
    for (const [name, repo, revision] of [
      ['me/mine', 'me/mine', 'main'],
      [' https://huggingface.co/me/mine/ ', 'me/mine', 'main'],
      ['https://huggingface.co/me/mine/tree/v1', 'me/mine', 'v1'],
      ['me/mine@refs/pr/1', 'me/mine', 'refs/pr/1'],
    ] as const) {
      assert.deepEqual(parseRepo(name), { repo, type: 'model', revision });
      const dataset = name.trim().replace('me/mine', 'datasets/me/mine');
      assert.deepEqual(parseRepo(dataset), { repo, type: 'dataset', revision });
    }
    for (const name of ['mine', 'a/b/c', 'me/mi ne', '../etc', 'me/..@x', 'me/mine@../x', '']) {
      assert.throws(() => parseRepo(name), { code: 'invalidInput' }, name);
    }
  });

  it('fetches nothing while its progress is not taken: so it is paused', async () => {
    const filesDir = folder();
    const context = { hubUrl, signal: new AbortController().signal, onNote: () => undefined };
    const steps = download(filesDir, { name: 'me/mine', content: 'model' }, context);
    await steps.next();
    hub.fault = (path) => (path.endsWith('_data') ? { stallAfter: 2_000_000 } : {});
    let done = 0;
    while (done < 1_000_000) {
      const { value } = await steps.next();
      done = 'doneBytes' in value ? value.doneBytes : 0;
    }
    const part = join(filesDir, 'me--mine.partial', 'unet', 'model.onnx_data.part');
    const before = statSync(part).size;
    // The server answers others meanwhile: time has passed on both sides.
    for (let i = 0; i < 5; i++) await fetch(`${hubUrl}/me/mine/resolve/${commit}/LICENSE.md`);
    assert.ok(statSync(part).size - before <= 2 ** 18, 'a piece in hand at most');
    await steps.return(undefined as never);
  });

  it('is a job, whose token is not on the disk', async () => {
    hub.token = 'secret';
    const storageDir = folder();
    const extensionDir = join(import.meta.dirname, '..', '..');
    const engine = createEngine({ extensionDir, storageDir });
    try {
      await engine.request(setHubToken, { token: 'secret' });
      const params = { name: 'me/mine', hubUrl: `${hubUrl}/` };
      const offer = await engine.request(planDownload, params);
      assert.deepEqual([offer.repo, offer.fileCount], ['me/mine', wanted.length]);
      const { jobId } = await engine.request(startJob, { kind: 'download', params });
      const job = await eventually('the end of the job', async () => {
        const [first] = (await engine.request(listJobs, null)).jobs;
        return first?.state === 'done' && first;
      });
      assert.equal(job.title, 'Download me/mine');
      assert.match(job.result?.summary ?? '', /^it cannot be used: /);
      assertWhole(job.result?.path ?? '');
      const record = readFileSync(join(storageDir, 'jobs', jobId, 'job.json'), 'utf8');
      assert.ok(record.includes('me/mine') && !record.includes('secret'));
      const wrong = { kind: 'download', params: { name: 'mine', hubUrl } };
      await assert.rejects(engine.request(startJob, wrong), { code: 'invalidInput' });
    } finally {
      await engine.stop();
    }
  });
});
