import assert from 'node:assert/strict';
import { geometricMedian } from '../../src/engine/lens/training/geometricMedian.ts';
import { initialState } from '../../src/engine/lens/training/initialState.ts';
import {
  ResidentSae,
  type StepFigures,
  type StepPlan,
} from '../../src/engine/lens/training/residentSae.ts';
import {
  stateShapes,
  type StateValues,
  type TrainingScalars,
} from '../../src/engine/lens/training/trainingState.ts';
import { parameters } from '../../src/engine/onnx/training/updateStep.ts';
import { sizeOf } from '../../src/protocol/tensors.ts';
import type { SelectionRule } from '../../src/engine/onnx/training/stepShape.ts';
import {
  goldenTensor,
  largestDifference,
  readGoldenJson,
  readGoldenTensors,
  relativeDifference,
} from '../support/golden.ts';
import { useOrt } from '../support/useOrt.ts';

const golden = readGoldenTensors('training.safetensors');
const facts = readGoldenJson('training.json') as {
  readonly sizes: Readonly<
    Record<'d_model' | 'n_features' | 'k' | 'aux_k' | 'batch' | 'stepsBefore', number>
  >;
  readonly steps: Readonly<Record<SelectionRule, Readonly<Record<string, number>>>>;
  readonly runs: Readonly<Record<SelectionRule, Readonly<Record<string, number>>>>;
};
const { sizes } = facts;
const f32 = (name: string): Float32Array => goldenTensor(golden, name).data as Float32Array;
const rules = ['topk', 'batchtopk'] as const;
const steps = f32('run.topk.loss').length;

const plan = (rule: SelectionRule): StepPlan => ({
  ...{ rule, dModel: sizes.d_model, nFeatures: sizes.n_features, k: sizes.k, auxK: sizes.aux_k },
  ...{ batchSize: sizes.batch, auxCoefficient: 1 / 32, epsilon: 6.25e-10 },
  ...{ learningRate: 1e-3, deadAfterSteps: 50, thresholdDecay: 0.99 },
});

describe('training steps against torch', () => {
  const ort = useOrt();

  const start = (
    options: StepPlan,
    values: StateValues,
    scalars: TrainingScalars,
    threadCount = 1,
  ): Promise<ResidentSae> => ResidentSae.start(ort, options, values, scalars, { threadCount });

  async function stepOn(sae: ResidentSae, data: Float32Array): Promise<StepFigures> {
    const dims = [sizes.batch, sizes.d_model];
    const [x] = await ort.holdTensors([{ dtype: 'float32', dims, data }]);
    const figures = await sae.step(x!, true);
    await ort.releaseTensors([x!.handle]);
    return figures ?? assert.fail();
  }

  /** Batch of a step as make_training.py takes it. */
  function trainOn(sae: ResidentSae, step: number): Promise<StepFigures> {
    const length = sizes.batch * sizes.d_model;
    const from = (step * length) % f32('samples').length;
    return stepOn(sae, f32('samples').slice(from, from + length));
  }

  function stateOfInit(): StateValues {
    const state = new Map<string, Float32Array>();
    for (const [name, dims] of stateShapes(plan('topk'))) {
      const isParameter = parameters.some((parameter) => parameter === name);
      state.set(name, isParameter ? f32(`init.${name}`) : new Float32Array(sizeOf(dims)));
    }
    return state;
  }

  it('starts as torch starts', async () => {
    const { nFeatures, dModel } = plan('topk');
    const state = await initialState({ nFeatures, dModel, seed: 2 }, f32('init.preBias'));
    assert.equal(largestDifference(state.get('encoder')!, f32('init.encoder')), 0);
    // Norms are summed in float64 here, in float32 there.
    assert.ok(relativeDifference(state.get('decoder')!, f32('init.decoder')) < 2e-7);
  });

  it('finds the geometric median', async () => {
    const exact = goldenTensor(golden, 'median').data as Float64Array;
    const median = await geometricMedian(ort, f32('samples'), sizes.d_model, { threadCount: 2 });
    // float32 sums of 1,280 points.
    assert.ok(relativeDifference(median, exact) < 1e-5, String(relativeDifference(median, exact)));
  });

  for (const rule of rules) {
    for (const threadCount of [1, 2]) {
      it(`one step of ${rule}, ${threadCount} threads`, async () => {
        const state = new Map(
          [...stateShapes(plan(rule)).keys()].map((name) => [name, f32(`step.${name}`)]),
        );
        const scalars = { step: sizes.stepsBefore, lossScale: 0.7 };
        const sae = await start(plan(rule), state, scalars, threadCount);
        const figures = await stepOn(sae, f32('step.x'));
        for (const [name, value] of Object.entries(figures)) {
          const wanted = facts.steps[rule][name]!;
          assert.ok(
            Math.abs(value - wanted) <= 1e-5 * Math.abs(wanted),
            `${name} ${value} ${wanted}`,
          );
        }
        for (const name of state.keys()) {
          // f32 on both sides, sums in another order: 1e-5 of the tensor's largest value. `.mean` holds a tenth of the
          // gradient and is of its size here, so the gradients themselves agree as well.
          const difference = relativeDifference(await sae.read(name), f32(`step.${rule}.${name}`));
          assert.ok(difference <= 1e-5, `${name}: ${difference}`);
        }
        await sae.release();
      });
    }

    it(`a whole training of ${rule}: ${steps} steps`, async () => {
      const options = { ...plan(rule), learningRate: 2e-3, deadAfterSteps: 20 };
      const sae = await start(options, stateOfInit(), {
        ...{ step: 0, lossScale: facts.runs[rule].lossScale! },
      });
      const loss = f32(`run.${rule}.loss`);
      let largest = 0;
      for (let step = 0; step < steps; step++) {
        const figures = await trainOn(sae, step);
        largest = Math.max(largest, Math.abs(figures.loss / loss[step]! - 1));
        assert.equal(figures.deadCount, f32(`run.${rule}.deadCount`)[step], `dead at step ${step}`);
      }
      // Rounding differs from the first step on and a training amplifies it (3.4e-7 of the loss and 6.6e-7 of the
      // parameters were seen, another processor may round otherwise); a wrong term shows at once.
      assert.ok(largest <= 1e-4, `loss differs by ${largest}`);
      for (const name of parameters) {
        const difference = relativeDifference(await sae.read(name), f32(`run.${rule}.${name}`));
        assert.ok(difference <= 1e-4, `${name}: ${difference}`);
      }
      const { threshold } = sae.scalars;
      if (rule === 'batchtopk') {
        assert.ok(Math.abs(threshold! - facts.runs.batchtopk.threshold!) < 1e-3);
      }
      await sae.release();
    });
  }
});
