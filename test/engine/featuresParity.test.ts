import assert from 'node:assert/strict';
import { join } from 'node:path';
import { readModelFolder } from '../../src/engine/models/modelFolder.ts';
import { findInstalledSaes } from '../../src/engine/models/sae/installedSaes.ts';
import { createPipeline, type Pipeline } from '../../src/engine/pipeline/generate.ts';
import { type StageSample, toCells } from '../../src/engine/pipeline/stageSamples.ts';
import type { BlockReading, StepReading } from '../../src/protocol/features.ts';
import {
  goldenTensor,
  largestDifference,
  type GoldenTensor,
  readGoldenJson,
  readGoldenTensors,
  relativeDifference,
} from '../support/golden.ts';
import { useLargest } from '../support/useLargest.ts';
import { useOrt } from '../support/useOrt.ts';

const root = join(import.meta.dirname, '..', '..');
const modelDir = join(root, 'models', 'mini');

interface Golden {
  readonly cases: readonly {
    readonly name: string;
    readonly prompt: string;
    readonly seed: number;
    readonly stepCount: number;
    readonly guidanceScale: number;
    /** The whole ΔD is in the fixture; of the others 24 places and every cell's length. */
    readonly isWhole: boolean;
  }[];
}
type Case = Golden['cases'][number];

const paths = [
  'down_blocks.2.attentions.1',
  'mid_block.attentions.0',
  'up_blocks.0.attentions.0',
  'up_blocks.0.attentions.1',
];

/** f32, of the block's largest value: ONNX Runtime and torch sum in different orders. */
const valueTolerance = 1e-4;
/** f32, of the largest ‖ΔD‖; steps add up. */
const normTolerance = 2e-4;
/** f32, of the largest value of ΔD in the block; steps add up. */
const updateTolerance = 2e-4;
/** Ids must be equal where the k-th and the next pre-activation are further apart than this many errors. */
const gapInErrors = 4;

describe('features against torch hooks on diffusers', () => {
  const golden = readGoldenJson('features.json') as Golden;
  const tensors = readGoldenTensors('features.safetensors');
  const ort = useOrt();
  const note = useLargest();
  let pipeline: Pipeline;

  before(async () => {
    const saes = await findInstalledSaes(join(modelDir, 'saes'));
    assert.equal(saes.length, 4);
    const folder = await readModelFolder(modelDir);
    pipeline = createPipeline(folder, ort, { provider: 'cpu', threadCount: 1, saes });
  });

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
      note('strength, of the largest of its block', error / largest);
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

  const requestOf = ({ prompt, seed, stepCount, guidanceScale }: Case) => {
    const { scheduler, width, height } = pipeline.model.description.defaults;
    const picture = { prompt, negativePrompt: '', seed, steps: stepCount, guidanceScale };
    return { ...picture, scheduler, width, height };
  };

  it('reads the same features with the same strengths in all four blocks, step by step', async () => {
    for (const each of golden.cases) {
      const { name, stepCount } = each;
      const { readings } = await pipeline.generate(requestOf(each));
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

  /** The last row of one step of a tensor `[steps, rows, ...]`. */
  function lastRowOf({ dims, data }: GoldenTensor, step: number): Float32Array {
    const [steps = 1, rows = 1] = dims;
    const size = data.length / steps / rows;
    return data.slice(((step + 1) * rows - 1) * size, (step + 1) * rows * size) as Float32Array;
  }

  function compareUpdate({ path, width, update }: StageSample, each: Case, step: number): void {
    const at = `${each.name} ${path} step ${step}`;
    const got = update ?? assert.fail(at);
    const find = (kind: string) => goldenTensor(tensors, `${kind}.${path}.${each.name}`);
    const largest = got.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const check = (found: ArrayLike<number>, wanted: ArrayLike<number>, what: string): void => {
      const error = largestDifference(found, wanted) / largest;
      worst = Math.max(worst, note('ΔD, of the largest of its block', error));
      assert.ok(error <= updateTolerance, `${at}: ${what} differs by ${error} of the largest`);
    };
    const probes = lastRowOf(find('probes'), step);
    const places = Array.from(probes, (_, i) =>
      Math.round((i * (got.length - 1)) / (probes.length - 1)),
    );
    check(
      places.map((place) => got[place]!),
      probes,
      'ΔD at the probes',
    );
    const norms = lastRowOf(find('norm'), step);
    const cells = toCells(got, width);
    const own = Array.from(norms, (_, cell) =>
      Math.hypot(...cells.subarray(cell * width, (cell + 1) * width)),
    );
    assert.ok(relativeDifference(own, norms) <= normTolerance, `${at}: length of ΔD`);
    if (each.isWhole) check(got, lastRowOf(find('delta'), step), 'ΔD');
  }

  let worst = 0;
  it('gives out the same ΔD by value: whole, at fixed places, and the length of every cell', async () => {
    let compared = 0;
    for (const each of golden.cases) {
      const { readings } = await pipeline.observe(requestOf(each), {
        watch: { updates: paths, outputs: [], readCodes: false },
        onStages: (step, stages) => {
          assert.deepEqual(
            stages.map(({ path }) => path),
            paths,
          );
          for (const stage of stages) compareUpdate(stage, each, step);
          compared += stages.length;
        },
      });
      assert.deepEqual(readings, [], 'the SAEs were left out');
    }
    assert.equal(compared, 4 * 8 * 2 * (1 + 4));
    assert.ok(worst > 0, 'two float32 worlds do not agree bit for bit');
  }).timeout(120_000);

  it('watching changes no picture: the same readings, and a stage gives out its output too', async () => {
    const request = requestOf(golden.cases[3]!);
    const plain = await pipeline.generate(request);
    const outputs: StageSample[] = [];
    const { readings } = await pipeline.observe(request, {
      watch: { updates: paths, outputs: paths.slice(1, 2), readCodes: true },
      onStages: (_, stages) => outputs.push(...stages.filter(({ output }) => output)),
    });
    assert.deepEqual(readings, plain.readings);
    assert.equal(outputs.length, request.steps);
    for (const { output, update } of outputs) {
      assert.equal(output?.length, update?.length);
      assert.notDeepEqual(output, update);
    }
    await assert.rejects(
      pipeline.observe(request, {
        watch: { updates: ['mid_block.attentions.9'], outputs: [], readCodes: false },
        onStages: () => assert.fail(),
      }),
      { code: 'model', message: /no stage mid_block.attentions.9 .* it has down_blocks/ },
    );
  });
});
