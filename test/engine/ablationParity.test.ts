import assert from 'node:assert/strict';
import { compileFor } from '../../src/engine/lens/intervene/makeEdited.ts';
import { readModelFolder } from '../../src/engine/models/modelFolder.ts';
import { createPipeline } from '../../src/engine/pipeline/generate.ts';
import {
  goldenTensor,
  readGoldenJson,
  readGoldenTensors,
  relativeDifference,
} from '../support/golden.ts';
import { OptimumFolders } from '../support/optimumFolders.ts';
import { useOrt } from '../support/useOrt.ts';

interface Golden {
  readonly folder: string;
  readonly request: {
    readonly prompt: string;
    readonly steps: number;
    readonly seed: number;
    readonly guidanceScale: number;
  };
  readonly stages: readonly string[];
}

/** Of the largest latent: float32, sums in another order (seen: 7e-7). The least stage makes 1.2e-3. */
const tolerance = 2e-5;

describe('stages that are left out, against torch', function () {
  this.timeout(180_000);
  this.slow(60_000);
  const golden = readGoldenJson('ablations.json') as Golden;
  const tensors = readGoldenTensors('ablations.safetensors');
  const folders = new OptimumFolders();
  const ort = useOrt();

  after(async () => {
    folders.remove();
  });

  it('all 17 resnets and 11 attention stages, each found in the order in which it runs', async () => {
    const model = await readModelFolder(folders.unpack(golden.folder));
    const options = { provider: 'cpu', threadCount: 1, extraTaps: 'resnet' } as const;
    const pipeline = createPipeline(model, ort, options);
    const stages = (await pipeline.editing.taps()).map(({ stage }) => stage);
    assert.deepEqual(
      stages.map(({ path }) => path),
      golden.stages,
    );
    assert.equal(stages.filter(({ kind }) => kind === 'resnet').length, 17);
    const request = {
      ...{ width: 128, height: 128, negativePrompt: '', ...golden.request },
      scheduler: model.description.defaults.scheduler,
    };
    const plain = goldenTensor(tensors, 'plain').data as Float32Array;
    const all = goldenTensor(tensors, 'ablated').data as Float32Array;
    let least = Infinity;
    for (const [index, { name }] of stages.entries()) {
      const recipe = { version: 1, edits: [{ kind: 'ablate', block: name }] } as const;
      const { base, schedule } = await compileFor(pipeline, request, recipe);
      const { latents } = await pipeline.editing.edit(base, schedule);
      const wanted = all.subarray(index * plain.length, (index + 1) * plain.length);
      const difference = relativeDifference(latents, wanted);
      assert.ok(difference <= tolerance, `${name}: ${difference}`);
      least = Math.min(least, relativeDifference(wanted, plain));
    }
    // A stage that is not left out would not pass.
    assert.ok(least > 10 * tolerance, String(least));
  });
});
