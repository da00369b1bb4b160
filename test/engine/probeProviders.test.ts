import assert from 'node:assert/strict';
import { join } from 'node:path';
import { probeGraph } from '../../src/engine/onnx/probeGraph.ts';
import { probeProviders } from '../../src/engine/ort/probeProviders.ts';

const runnerPath = join(import.meta.dirname, '..', '..', 'dist', 'runner.cjs');

describe('the probe of providers', function () {
  this.timeout(120_000);

  it('runs a stage with its tap, SAE and edits: the CPU is exact, and wrong numbers are found', async () => {
    const graph = probeGraph();
    const [cpu, ...others] = await probeProviders(runnerPath, graph, () => undefined);
    assert.deepEqual(cpu, { provider: 'cpu', isWorking: true, reason: '' });
    assert.ok(others.every(({ isWorking, reason }) => isWorking === (reason === '')));
    const expected = graph.expected.map((value, i) => (i === 5 ? value + 1 : value));
    const wrong = await probeProviders(runnerPath, { ...graph, expected }, () => undefined, [
      'cpu',
    ]);
    assert.deepEqual(
      wrong.map(({ reason }) => reason),
      ['it computes wrong numbers'],
    );
  });
});
