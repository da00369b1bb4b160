import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createEngine, type Engine } from '../../src/engine/engine.ts';
import {
  type DownloadParams,
  dropDownload,
  listDownloads,
  planDownload,
} from '../../src/protocol/downloads.ts';
import { listJobs, startJob } from '../../src/protocol/jobs.ts';
import { embeddedModel } from '../support/engineSession.ts';
import { eventually } from '../support/eventually.ts';
import { FakeHub } from '../support/fakeHub.ts';
import { inspectSae } from '../../src/protocol/saes.ts';

const saeName = 'unet.down_blocks.2.attentions.1_k5_hidden80_auxk8_bs4096_lr0.0001';
const saeDir = join(import.meta.dirname, '..', 'golden', 'sae', 'sdxl-unbox', saeName, 'final');
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

describe('downloads of SAEs and labels', () => {
  let storageDir: string;
  let engine: Engine;
  const hubs: FakeHub[] = [];

  before(() => {
    storageDir = mkdtempSync(join(tmpdir(), 'sets-'));
    engine = createEngine({ extensionDir: join(import.meta.dirname, '..', '..'), storageDir });
  });
  after(async () => {
    await engine.stop();
    await Promise.all(hubs.map((hub) => hub.stop()));
    rmSync(storageDir, { recursive: true });
  });

  async function hubWith(files: ReadonlyMap<string, Uint8Array>, repo?: string): Promise<string> {
    const hub = new FakeHub(files, repo);
    hubs.push(hub);
    return hub.start();
  }
  async function fetched(params: DownloadParams): Promise<string> {
    const { jobId } = await engine.request(startJob, { kind: 'download', params });
    return eventually('the end of the job', async () => {
      const { jobs } = await engine.request(listJobs, null);
      const job = jobs.find((one) => one.jobId === jobId);
      if (job?.state === 'failed') throw new Error(job.error?.message);
      return job?.state === 'done' && job.result?.path;
    });
  }

  it('offers each SAE of a set, fetches those that are chosen, and nothing but what an SAE needs', async () => {
    const files = new Map<string, Uint8Array>([['README.md', text('terms')]]);
    for (const name of readdirSync(saeDir)) {
      const bytes = readFileSync(join(saeDir, name));
      for (const folder of [saeName, 'other_k10']) files.set(`${folder}/final/${name}`, bytes);
    }
    files.set(`${saeName}/final/optimizer.pt`, text('of no use here'));
    const hubUrl = await hubWith(files);
    const ask = { name: 'me/mine', hubUrl, content: 'saes' } as const;
    const offer = await engine.request(planDownload, ask);
    const chosen = `${saeName}/final`;
    assert.deepEqual(
      offer.parts.map(({ path }) => path),
      ['other_k10/final', chosen],
    );
    const dir = await fetched({ ...ask, name: offer.name, parts: [chosen] });
    assert.deepEqual(readdirSync(dir).sort(), ['README.md', saeName]);
    assert.deepEqual(readdirSync(join(dir, chosen)), readdirSync(saeDir));

    const { parts } = await engine.request(listDownloads, { content: 'saes' });
    assert.deepEqual(
      parts.map(({ title }) => title),
      [`me/mine: ${chosen}`],
    );
    const path = parts[0]?.path ?? '';
    const found = await engine.request(inspectSae, { modelDir: embeddedModel, path });
    assert.deepEqual(
      [found.format, found.blockPath],
      ['sdxl-unbox', `unet.${saeName.slice(5).split('_k')[0] ?? ''}`],
    );
    assert.deepEqual((await engine.request(listDownloads, { content: 'labels' })).parts, []);

    await assert.rejects(engine.request(dropDownload, { content: 'saes', path: saeDir }), {
      code: 'invalidInput',
      message: /was not downloaded by Featurescope; its files stay/,
    });
    await engine.request(dropDownload, { content: 'saes', path });
    assert.ok(!existsSync(dir) && existsSync(saeDir));
  });

  it('fetches labels from a data set, which has an address of its own', async () => {
    const labels = text('[{"id": 3, "label": "stripes"}]');
    const repo = 'datasets/me/mine';
    const hubUrl = await hubWith(
      new Map([
        ['labels/mid.0.json', labels],
        ['all.parquet', labels],
      ]),
      repo,
    );
    const ask = { name: repo, hubUrl, content: 'labels' } as const;
    const { page, parts } = await engine.request(planDownload, ask);
    assert.equal(page, `${hubUrl}/${repo}`);
    assert.deepEqual(parts, [{ path: 'labels/mid.0.json', sizeBytes: labels.length }]);
    await fetched(ask);
    const [found] = (await engine.request(listDownloads, { content: 'labels' })).parts;
    assert.equal(basename(found?.path ?? ''), 'mid.0.json');
    assert.deepEqual(new Uint8Array(readFileSync(found?.path ?? '')), labels);
  });

  it('says what it looked for where a repository holds nothing of the kind', async () => {
    const hubUrl = await hubWith(new Map([['weights.bin', text('x')]]));
    const ask = { name: 'me/mine', hubUrl } as const;
    for (const [content, message] of [
      ['saes', /holds no SAE \(a folder with state_dict\.pth/],
      ['labels', /holds no label set \(a \.json file/],
    ] as const) {
      await assert.rejects(engine.request(planDownload, { ...ask, content }), {
        code: 'model',
        message,
      });
    }
    await assert.rejects(engine.request(planDownload, { ...ask, parts: ['a'] }), {
      code: 'invalidInput',
      message: /a model has no parts/,
    });
  });
});
