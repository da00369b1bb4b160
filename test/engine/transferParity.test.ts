import assert from 'node:assert/strict';
import { join } from 'node:path';
import { transferChoice } from '../../src/numerics/transferChoice.ts';
import { readBlocks } from '../../src/engine/lens/intervene/blockFacts.ts';
import { blockNamed } from '../../src/engine/lens/intervene/checkAgainstModel.ts';
import { pairMeans } from '../../src/engine/lens/specialization/transfer/pairMeans.ts';
import { transferEdits } from '../../src/engine/lens/specialization/transfer/transferEdits.ts';
import { readModelFolder } from '../../src/engine/models/modelFolder.ts';
import { findInstalledSaes } from '../../src/engine/models/sae/installedSaes.ts';
import { createPipeline, type Pipeline } from '../../src/engine/pipeline/generate.ts';
import { goldenTensor, readGoldenJson, readGoldenTensors } from '../support/golden.ts';
import { useOrt } from '../support/useOrt.ts';

interface Golden {
  readonly meta: { readonly seed: number };
  readonly cases: readonly {
    readonly name: string;
    readonly original: string;
    readonly edited: string;
    readonly kind: 'features' | 'delta' | 'neurons';
    readonly strength: number;
    readonly stepCount: number;
    readonly count: number;
    readonly originalMask: readonly number[];
    readonly editedMask: readonly number[];
    /** By module path. */
    readonly chosen: Readonly<
      Record<string, { added: readonly number[]; removed: readonly number[] }>
    >;
  }[];
}

/** Of 255; float32 in another order, and pictures rounded to 8 bits. */
const tolerance = 2;
const modelDir = join(import.meta.dirname, '..', '..', 'models', 'mini');
const side = 8;

describe('transfer between prompts, against torch hooks on diffusers', function () {
  this.timeout(120_000);
  this.slow(20_000);
  const golden = readGoldenJson('transfer.json') as Golden;
  const tensors = readGoldenTensors('transfer.safetensors');
  const ort = useOrt();
  const pipelines = new Map<boolean, Pipeline>();

  before(async () => {
    const saes = await findInstalledSaes(join(modelDir, 'saes'));
    const model = await readModelFolder(modelDir);
    for (const extraTaps of [undefined, 'neurons'] as const) {
      const options = { provider: 'cpu', threadCount: 1, saes, extraTaps } as const;
      pipelines.set(extraTaps !== undefined, createPipeline(model, ort, options));
    }
  });

  for (const each of golden.cases) {
    it(`gives the picture of ${each.name}`, async () => {
      const { name, kind, strength, stepCount, count, chosen } = each;
      const isNeurons = kind === 'neurons';
      const pipeline = pipelines.get(isNeurons)!;
      const facts = await readBlocks(pipeline);
      const blocks = facts.filter(({ sae, name: own, tap }) => {
        if (!isNeurons) return sae !== undefined;
        const [stage = ''] = own.split('.neurons.');
        return tap.stage.kind === 'neurons' && blockNamed(stage, facts).sae !== undefined;
      });
      const names = blocks.map((block) => block.name);
      const { defaults } = pipeline.model.description;
      const runOf = (prompt: string) =>
        pipeline.editing.base(
          {
            ...{ prompt, negativePrompt: '', seed: golden.meta.seed, steps: stepCount },
            ...{ guidanceScale: 0, scheduler: defaults.scheduler, width: 128, height: 128 },
          },
          { updatesOf: names },
        );
      const runs = { original: await runOf(each.original), edited: await runOf(each.edited) };
      const maskOf = (weights: readonly number[]) => ({ kind: 'cells' as const, cellsHigh: side, cellsWide: side, weights: [...weights] }); // prettier-ignore
      const where = { original: maskOf(each.originalMask), edited: maskOf(each.editedMask) };
      const total = blocks.reduce((sum, { width }) => sum + width, 0);
      const choice = transferChoice(
        pairMeans(isNeurons ? 'neurons' : 'features', { where }, runs, names),
        isNeurons ? Math.round(0.05 * total) : count,
        'raw',
      );
      for (const { path, name: block } of kind === 'delta' ? [] : blocks) {
        const own = (list: typeof choice.added): number[] =>
          list.filter((one) => one.block === block).map(({ feature }) => feature).sort((a, b) => a - b); // prettier-ignore
        const { added, removed } = chosen[path]!;
        assert.deepEqual([own(choice.added), own(choice.removed)], [added, removed], block);
      }
      const what = kind === 'delta' ? ({ kind: 'everything' } as const) : { kind, choice };
      const schedule = transferEdits(what, strength, { where }, runs, blocks);
      const { picture } = await pipeline.editing.edit(runs.original, schedule);
      const wanted = goldenTensor(tensors, `picture.${name}`).data as Uint8Array;
      const far = ({ rgb }: typeof picture): number =>
        rgb.reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i]!)), 0);
      assert.ok(far(picture) <= tolerance, `${far(picture)} of 255`);
      // Neither prompt's own picture would pass.
      assert.ok(far(runs.original.picture) > 10 * tolerance);
      assert.ok(far(runs.edited.picture) > 10 * tolerance);
    });
  }
});
