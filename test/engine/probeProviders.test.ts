import assert from 'node:assert/strict';
import { join } from 'node:path';
import { probeGraph } from '../../src/engine/onnx/probeGraph.ts';
import { productProbe } from '../../src/engine/onnx/productProbe.ts';
import { probeProviders } from '../../src/engine/ort/probeProviders.ts';

const runnerPath = join(import.meta.dirname, '..', '..', 'dist', 'runner.cjs');

describe('the probe of providers', function () {
  this.timeout(120_000);

  it('runs a stage with its tap, SAE and edits: the CPU is exact, and wrong numbers are found', async () => {
    const graph = probeGraph();
    const graphs = { stage: graph, product: productProbe() };
    const [cpu, ...others] = await probeProviders({ runnerPath }, graphs, () => undefined);
    assert.ok(cpu?.provider === 'cpu' && cpu.isWorking && cpu.reason === '');
    // float32, eight sums of 512 products in another order than double precision's: seen 9e-7.
    assert.ok(cpu.product && cpu.product.relativeError < 5e-6 && cpu.product.runMs > 0);
    assert.ok(others.every(({ isWorking, reason }) => isWorking === (reason === '')));
    const expected = graph.expected.map((value, i) => (i === 5 ? value + 1 : value));
    const wrong = await probeProviders(
      { runnerPath },
      { stage: { ...graph, expected } },
      () => undefined,
      ['cpu'],
    );
    assert.deepEqual(
      wrong.map(({ reason }) => reason),
      ['it computes wrong numbers'],
    );
  });
});
