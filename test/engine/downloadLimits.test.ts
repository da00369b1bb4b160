import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { download } from '../../src/engine/models/download/download.ts';
import { planDownload } from '../../src/protocol/downloads.ts';
import { startEngineSession } from '../support/engineSession.ts';
import { FakeHub } from '../support/fakeHub.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const files = new Map([
  ['model_index.json', text('{"_class_name": "StableDiffusionXLPipeline"}')],
  ['unet/model.onnx', text('graph')],
]);

describe('what keeps a download from beginning, and what it goes through', function () {
  this.timeout(60_000);
  const hub = new FakeHub(files);
  let hubUrl: string;
  let root: string;

  before(async () => {
    hubUrl = await hub.start();
    root = mkdtempSync(join(tmpdir(), 'download-limits-'));
  });
  after(async () => {
    await hub.stop();
    rmSync(root, { recursive: true });
  });

  it('fetches nothing that the disk has no room for, and says how much is missing', async () => {
    hub.listedSizes = { 'unet/model.onnx': 4e15 };
    const signal = new AbortController().signal;
    const wish = { name: 'me/mine', content: 'model' as const };
    const context = { hubUrl, signal, onNote: () => undefined };
    const fetchAll = async (): Promise<void> => {
      const steps = download(root, wish, context);
      while (!(await steps.next()).done);
    };
    await assert.rejects(fetchAll(), /me\/mine needs 4000000\.0 GB more, but [\d.]+ GB are free/);
    assert.deepEqual(hub.requests, []);
    assert.deepEqual(readdirSync(root), ['me--mine.partial']);
    assert.ok(!existsSync(join(root, 'me--mine.partial', 'unet')));
    hub.listedSizes = {};
  });

  it('goes through the proxy that the setting names', async () => {
    const asked: string[] = [];
    const { port } = new URL(hubUrl);
    const proxy = createServer();
    proxy.on('connect', (request, socket) => {
      asked.push(request.url ?? '');
      const upstream = connect(Number(port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        upstream.pipe(socket).pipe(upstream);
      });
    });
    await new Promise<void>((resolve) => {
      proxy.listen(0, '127.0.0.1', resolve);
    });
    const address = `http://127.0.0.1:${String((proxy.address() as AddressInfo).port)}`;
    // As the extension starts its engine with the setting `download.proxy`.
    const environment = { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: address, HTTPS_PROXY: address };
    Object.assign(process.env, environment);
    const session = startEngineSession();
    for (const name of Object.keys(environment)) Reflect.deleteProperty(process.env, name);
    try {
      const wish = { name: 'me/mine', hubUrl: 'http://hub.invalid' };
      const { repo, fileCount } = await session.request(planDownload, wish);
      assert.deepEqual({ repo, fileCount }, { repo: 'me/mine', fileCount: 2 });
      assert.ok(asked.length > 0 && asked.every((target) => target === 'hub.invalid:80'));
    } finally {
      await session.stop();
      proxy.closeAllConnections();
      proxy.close();
    }
  });
});
