import assert from 'node:assert/strict';
import { join } from 'node:path';
import { readModelFolder } from '../../src/engine/models/modelFolder.ts';
import { findInstalledSaes } from '../../src/engine/models/sae/installedSaes.ts';
import { createOrt } from '../../src/engine/ort/ortClient.ts';
import type { Ort } from '../../src/engine/ort/ort.ts';
import { createPipeline, type Pipeline } from '../../src/engine/pipeline/generate.ts';
import type { BlockReading, StepReading } from '../../src/protocol/features.ts';
import {
  goldenTensor,
  largestDifference,
  readGoldenJson,
  readGoldenTensors,
  relativeDifference,
} from '../support/golden.ts';

const root = join(import.meta.dirname, '..', '..');
const modelDir = join(root, 'models', 'mini');

interface Golden {
  readonly cases: readonly {
    readonly name: string;
    readonly prompt: string;
    readonly seed: number;
    readonly stepCount: number;
    readonly guidanceScale: number;
  }[];
}

/** f32, of the block's largest value: ONNX Runtime and torch sum in different orders. */
const valueTolerance = 1e-4;
/** f32, of the largest ‖ΔD‖; steps add up. */
const normTolerance = 2e-4;
/** Ids must be equal where the k-th and the next pre-activation are further apart than this many errors. */
const gapInErrors = 4;

describe('features against torch hooks on diffusers', () => {
  const golden = readGoldenJson('features.json') as Golden;
  const tensors = readGoldenTensors('features.safetensors');
  let ort: Ort;
  let pipeline: Pipeline;

  before(async () => {
    ort = createOrt({ runnerPath: join(root, 'dist', 'runner.cjs') });
    const saes = await findInstalledSaes(join(modelDir, 'saes'));
    assert.equal(saes.length, 4);
    const folder = await readModelFolder(modelDir);
    pipeline = createPipeline(folder, ort, { provider: 'cpu', threadCount: 1, saes });
  });
  after(() => ort.stop());

  /** The last row of one step: the conditional one. */
  function expectedOf(kind: string, path: string, name: string, step: number, size: number) {
    const { data } = goldenTensor(tensors, `${kind}.${path}.${name}`);
    const perStep = data.length / stepCountOf(name);
    return data.slice((step + 1) * perStep - size, (step + 1) * perStep) as Float32Array;
  }
  const stepCountOf = (name: string): number =>
    golden.cases.find((each) => each.name === name)?.stepCount ?? assert.fail(name);

  function compareStep(block: BlockReading, read: StepReading, name: string, step: number): void {
    const cells = block.cellsHigh * block.cellsWide;
    const k = block.slotCount;
    const ids = expectedOf('ids', block.path, name, step, cells * k);
    const pre = expectedOf('pre', block.path, name, step, cells * (k + 1));
    const norm = expectedOf('norm', block.path, name, step, cells);
    const at = `${name} ${block.block} step ${step}`;
    assert.ok(relativeDifference(read.norm, norm) <= normTolerance, `${at}: norm`);
    const largest = pre.reduce((max, value) => Math.max(max, value), 0);
    for (let cell = 0; cell < cells; cell++) {
      const wantedPre = pre.subarray(cell * (k + 1), (cell + 1) * (k + 1));
      const wanted = wantedPre.slice(0, k).map((value) => Math.max(value, 0));
      const values = read.values.subarray(cell * k, (cell + 1) * k);
      const error = largestDifference(values, wanted);
      assert.ok(error <= valueTolerance * largest, `${at} cell ${cell}: values differ by ${error}`);
      const gap = wantedPre[k - 1]! - wantedPre[k]!;
      if (gap <= gapInErrors * error) continue;
      const sorted = (list: ArrayLike<number>): number[] => Array.from(list).sort((a, b) => a - b);
      assert.deepEqual(
        sorted(read.ids.subarray(cell * k, (cell + 1) * k)),
        sorted(ids.subarray(cell * k, (cell + 1) * k)),
        `${at} cell ${cell}: ids`,
      );
    }
  }

  it('reads the same features with the same strengths in all four blocks, step by step', async () => {
    const { defaults } = pipeline.model.description;
    for (const { name, prompt, seed, stepCount, guidanceScale } of golden.cases) {
      const { readings } = await pipeline.generate({
        prompt,
        negativePrompt: '',
        seed,
        steps: stepCount,
        guidanceScale,
        scheduler: defaults.scheduler,
        width: defaults.width,
        height: defaults.height,
      });
      assert.deepEqual(
        readings.map(({ block }) => block),
        ['down.2.1', 'mid.0', 'up.0.0', 'up.0.1'],
      );
      for (const block of readings) {
        assert.equal(block.steps.length, stepCount);
        block.steps.forEach((read, step) => {
          compareStep(block, read, name, step);
        });
      }
    }
  }).timeout(120_000);
});
