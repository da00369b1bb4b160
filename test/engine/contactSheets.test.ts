import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isOfPublicForm, registerContactSheets } from '../../src/engine/contactSheets.ts';
import type { SaeManifest } from '../../src/engine/models/sae/saeManifest.ts';
import {
  contactSheetRepo,
  fetchContactSheet,
  findContactSheet,
} from '../../src/protocol/contactSheets.ts';
import { Dispatcher } from '../../src/protocol/dispatcher.ts';
import { FakeHub } from '../support/fakeHub.ts';
import { seededRandom } from '../support/soak.ts';

/** What of `sae.json` tells that an SAE has the form of the public ones. */
const form = { dModel: 1280, nFeatures: 5120, k: 10, provenance: { format: 'sdxl-unbox' } };
const manifestWith = (change: object = {}) => ({ ...form, ...change }) as unknown as SaeManifest;
const random = seededRandom(3);
const sheet = Uint8Array.from({ length: 300_000 }, (_, i) =>
  i < 3 ? [0xff, 0xd8, 0xff][i]! : Math.floor(random() * 256),
);
const feature = { block: 'down.2.1', id: 1674 };

describe('contact sheets of the public SAEs', () => {
  const hub = new FakeHub(
    new Map([
      ['down.2.1/1674.jpg', sheet],
      ['down.2.1/1675.jpg', new TextEncoder().encode('<html>')],
      ['down.2.1/1676.jpg', sheet],
    ]),
    contactSheetRepo,
  );
  let hubUrl: string;
  let storageDir: string;
  let dispatcher: Dispatcher;
  let token: string | undefined;

  before(async () => {
    hubUrl = await hub.start();
  });
  after(() => hub.stop());
  beforeEach(() => {
    storageDir = mkdtempSync(join(tmpdir(), 'sheets-'));
    dispatcher = new Dispatcher();
    token = undefined;
    registerContactSheets(dispatcher, {
      storageDir,
      saesOf: () =>
        Promise.resolve([
          { stagePath: 'down_blocks.2.attentions.1', manifest: manifestWith() },
          { stagePath: 'mid_block.attentions.0', manifest: manifestWith({ k: 20 }) },
        ]),
      access: (url) => ({ hubUrl: url, token }),
      onNote: () => undefined,
      times: { stallMs: 200, retryMs: 1 },
    });
  });
  afterEach(() => {
    rmSync(storageDir, { recursive: true });
    hub.fault = () => ({});
    hub.listedSizes = {};
    hub.requests.length = 0;
  });

  const find = (one = feature) =>
    dispatcher.request(findContactSheet, { modelDir: '/m', feature: one });
  const fetchIt = (one = feature) =>
    dispatcher.request(fetchContactSheet, { modelDir: '/m', feature: one, hubUrl });

  it('are offered for SAEs of their form alone, and nothing is fetched for that', async () => {
    assert.deepEqual(await find(), { repo: contactSheetRepo, path: null });
    assert.equal(await find({ block: 'mid.0', id: 1 }), null);
    assert.equal(await find({ block: 'up.0.1', id: 1 }), null);
    assert.equal(await find({ block: 'down.2.1', id: 5120 }), null);
    const changes = [{ nFeatures: 5121 }, { dModel: 640 }, { provenance: { format: 'saelens' } }];
    for (const change of changes) {
      assert.ok(!isOfPublicForm({ manifest: manifestWith(change) }, 'down.2.1'));
    }
    assert.ok(!isOfPublicForm({ manifest: manifestWith() }, 'down.2.0'));
    assert.deepEqual(hub.requests, []);
  });

  it('come one by one, and are kept', async () => {
    const { path } = await fetchIt();
    assert.equal(path, join(storageDir, 'contact-sheets', 'down.2.1', '1674.jpg'));
    assert.deepEqual(new Uint8Array(readFileSync(path)), sheet);
    assert.equal((await find())?.path, path);
    assert.equal((await fetchIt()).path, path);
    assert.deepEqual(
      hub.requests.map((request) => request.path),
      ['down.2.1/1674.jpg'],
    );
  });

  it('come whole through cuts and stalls', async () => {
    hub.fault = (_path, index) => [{ cutAfter: 100_000 }, { stallAfter: 50_000 }][index] ?? {};
    const { path } = await fetchIt();
    assert.deepEqual(new Uint8Array(readFileSync(path!)), sheet);
    assert.equal(hub.requests.length, 3);
  });

  it('are refused with other bytes, sizes that are lies, and when they are no pictures', async () => {
    hub.fault = () => ({ wrongBytes: true });
    await assert.rejects(fetchIt(), { code: 'model', message: /wrong hash .* twice/ });
    hub.fault = () => ({});
    hub.listedSizes = { 'down.2.1/1674.jpg': 1000 };
    await assert.rejects(fetchIt(), { code: 'model' });
    hub.listedSizes = { 'down.2.1/1674.jpg': 1e12 };
    await assert.rejects(fetchIt(), /1000000000000 bytes; 1 to 16777216 are fetched/);
    await assert.rejects(fetchIt({ ...feature, id: 1675 }), /1675.jpg is no JPEG/);
    await assert.rejects(fetchIt({ ...feature, id: 1677 }), /has no down.2.1\/1677.jpg/);
    await assert.rejects(fetchIt({ block: 'mid.0', id: 1 }), { code: 'invalidInput' });
    const dir = join(storageDir, 'contact-sheets', 'down.2.1');
    const kept = existsSync(dir) ? readdirSync(dir).filter((name) => name.endsWith('.jpg')) : [];
    assert.deepEqual(kept, []);
  });
});
