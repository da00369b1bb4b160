import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { findNeurons } from '../../src/engine/onnx/findNeurons.ts';
import { findStages } from '../../src/engine/onnx/findStages.ts';
import { readGraph } from '../../src/engine/onnx/readGraph.ts';
import { readModelFolder } from '../../src/engine/models/modelFolder.ts';
import { createPipeline } from '../../src/engine/pipeline/generate.ts';
import { embeddedModel } from '../support/engineSession.ts';
import { relativeDifference } from '../support/golden.ts';
import { OptimumFolders } from '../support/optimumFolders.ts';
import { useOrt } from '../support/useOrt.ts';

describe('feed-forward neurons inside of stages', function () {
  this.timeout(120_000);
  this.slow(20_000);
  const folders = new OptimumFolders();
  const ort = useOrt();

  after(() => {
    folders.remove();
  });

  for (const name of ['embedded', 'kl-fp32', 'kl-fp32-dynamo', 'kl-fp16'] as const) {
    it(`are found in every transformer block, and a tap at them changes nothing: ${name}`, async () => {
      const dir = name === 'embedded' ? embeddedModel : folders.unpack(name);
      const model = await readModelFolder(dir);
      const graph = readGraph(await readFile(model.unet.graph.path));
      const { stages, refused } = findNeurons(graph);
      assert.deepEqual(refused, []);
      const attention = findStages(graph).stages.map((stage) => stage.name);
      const owners = new Set(stages.map((stage) => stage.name.split('.neurons.')[0]));
      assert.deepEqual([...owners].sort(), [...attention].sort());
      assert.ok(stages.every(({ width, path }) => (width ?? 0) > 0 && path.endsWith('.ff.net.0')));

      const { defaults } = model.description;
      const request = {
        ...{ prompt: 'a red cat', negativePrompt: '', seed: 3, steps: 1, guidanceScale: 0 },
        ...{ scheduler: defaults.scheduler, width: defaults.width, height: defaults.height },
      };
      const options = { provider: 'cpu', threadCount: 1 } as const;
      const plain = createPipeline(model, ort, options);
      const wanted = await plain.editing.base(request);
      await plain.release();
      const tapped = createPipeline(model, ort, { ...options, extraTaps: 'neurons' });
      const first = stages.find((stage) => stage.name === 'mid.0.neurons.0');
      const base = await tapped.editing.base(request, { updatesOf: [first?.name ?? ''] });
      // A float16 graph is not rounded between its operations, but is at a tap.
      const tolerance = name.includes('fp16') ? 1e-4 : 0;
      assert.ok(relativeDifference(base.latents, wanted.latents) <= tolerance);
      const rows = base.steps[0]?.rows.find(({ tap }) => tap.stage.name === first?.name);
      assert.ok(rows?.update);
      assert.equal(rows.update.length, (first?.width ?? 0) * rows.cellsHigh * rows.cellsWide);
      assert.ok(rows.update.some((value) => value !== 0));
      await tapped.release();
    });
  }
});
