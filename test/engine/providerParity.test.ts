import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, type Engine } from '../../src/engine/engine.ts';
import { reportParity } from '../../src/protocol/parity.ts';
import { embeddedModel, smallRequest } from '../support/engineSession.ts';

describe('parity report', () => {
  let storageDir: string;
  let engine: Engine;
  const base = { ...smallRequest, width: 64, height: 64 };

  before(() => {
    storageDir = mkdtempSync(join(tmpdir(), 'parity-'));
    engine = createEngine({ extensionDir: join(import.meta.dirname, '..', '..'), storageDir });
  });
  after(async () => {
    await engine.stop();
    rmSync(storageDir, { recursive: true });
  });

  it('finds one session on the CPU equal to the chain', async function () {
    this.timeout(300_000);
    const params = { modelDir: embeddedModel, provider: 'cpu', base } as const;
    const report = await engine.request(reportParity, params);
    assert.ok(report.blocks.length > 0);
    for (const { block, cellCount, equalCellCount, largestError, largestValue } of report.blocks) {
      // float32: a cut may change how sums are fused, so a code on the edge of the list may change places.
      assert.ok(equalCellCount >= 0.9 * cellCount, block);
      assert.ok(largestError <= 1e-2 * largestValue, `${block}: ${String(largestError)}`);
    }
    assert.ok(report.picture.largestError <= 1 && report.picture.ssim > 0.999);
    assert.ok(report.runMs.cpu > 0 && report.runMs.provider > 0);
  });

  it('ends with the reason for a provider that is not there, and makes pictures after it', async function () {
    this.timeout(300_000);
    const provider = process.platform === 'darwin' ? 'dml' : 'coreml';
    const params = { modelDir: embeddedModel, provider, base } as const;
    await assert.rejects(engine.request(reportParity, params), {
      code: 'model',
      message: new RegExp(`could not be loaded with provider "${provider}"`),
    });
    const again = { ...params, provider: 'cpu' } as const;
    assert.equal((await engine.request(reportParity, again)).provider, 'cpu');
  });
});
