import { FeaturescopeError } from '../../../protocol/errors.ts';
import type { Fetch } from '../../../protocol/runner.ts';
import {
  isHandle,
  sizeOf,
  type TensorHandle,
  type TensorRef,
  type TensorValue,
} from '../../../protocol/tensors.ts';
import { adamScales } from '../../onnx/training/adam.ts';
import { batchFigures } from '../../onnx/training/batchFigures.ts';
import { forwardStep } from '../../onnx/training/forwardStep.ts';
import type { StepShape } from '../../onnx/training/stepShape.ts';
import { inBlocks, parameters, stateName, updateStep } from '../../onnx/training/updateStep.ts';
import type { Ort, OrtSession, ResidentTensors } from '../../ort/ort.ts';
import type { SaePlan } from './trainingOptions.ts';
import { type StateValues, stateShapes, type TrainingScalars } from './trainingState.ts';

export type TrainingOrt = Ort & ResidentTensors;

/** Figures of one training step, of its own batch, before its update. */
export interface StepFigures {
  /** `lossScale · MSE + auxCoefficient · AuxK` */
  readonly loss: number;
  /** `auxCoefficient · AuxK` */
  readonly auxLoss: number;
  /** mean_d(1 - Var(x_hat - x) / (Var(x) + 1e-8)) over the batch. */
  readonly explainedVariance: number;
  /** Mean number of active features a sample. */
  readonly l0: number;
  readonly deadCount: number;
}

/** Sizes and rates of one training step. */
export type StepPlan = StepShape &
  Pick<SaePlan, 'learningRate' | 'epsilon' | 'deadAfterSteps' | 'thresholdDecay'>;

/**
 * One SAE under training. Its parameters and Adam's running means stay in the runner; a step sends nothing but the
 * batch's handle and a few scalars.
 */
export class ResidentSae {
  readonly #ort: TrainingOrt;
  readonly #plan: StepPlan;
  readonly #state: ReadonlyMap<string, TensorHandle>;
  readonly #scratch: ReadonlyMap<string, TensorHandle>;
  readonly #sessions: readonly OrtSession[];
  readonly #plain: OrtSession;
  readonly #measured: OrtSession;
  readonly #feeds: Readonly<Record<string, TensorRef>>;
  readonly #fetches: Readonly<Record<string, Fetch>>;
  #scalars: TrainingScalars;

  private constructor(
    ort: TrainingOrt,
    plan: StepPlan,
    [state, scratch]: readonly [Map<string, TensorHandle>, Map<string, TensorHandle>],
    [forward, figures, update]: readonly [OrtSession, OrtSession, OrtSession],
    scalars: TrainingScalars,
  ) {
    this.#ort = ort;
    this.#plan = plan;
    this.#state = state;
    this.#scratch = scratch;
    this.#sessions = [forward, figures, update];
    this.#plain = ort.chain([forward, update]);
    this.#measured = ort.chain([forward, figures, update]);
    this.#scalars = scalars;
    const feeds: Record<string, TensorRef> = {};
    const fetches: Record<string, Fetch> = { smallestKept: 'value' };
    for (const name of [...parameters, 'sinceFired']) feeds[name] = state.get(name)!;
    for (const name of parameters) {
      const isMatrix = stateName(name) !== name;
      for (const part of ['', '.mean', '.square']) {
        const held = state.get(`${name}${part}`)!;
        const seen = isMatrix ? { ...held, dims: inBlocks(plan) } : held;
        feeds[`${stateName(name)}${part}`] = seen;
        fetches[`${stateName(name)}${part}.next`] = seen;
      }
    }
    fetches['sinceFired.next'] = state.get('sinceFired')!;
    for (const [name, held] of scratch) fetches[name] = held;
    this.#feeds = feeds;
    this.#fetches = fetches;
  }

  /**
   * Loads the step's graphs and puts the state into the runner.
   *
   * @param threadCount of the dense part; 0 = ONNX Runtime's choice
   */
  static async start(
    ort: TrainingOrt,
    plan: StepPlan,
    values: StateValues,
    scalars: TrainingScalars,
    { threadCount, signal }: { readonly threadCount: number; readonly signal?: AbortSignal },
  ): Promise<ResidentSae> {
    const open = (bytes: Uint8Array, threads: number): Promise<OrtSession> =>
      ort.createSession(
        { graph: { bytes, externalDataDir: '' }, provider: 'cpu', threadCount: threads },
        signal,
      );
    const sessions = [
      await open(forwardStep(plan), threadCount),
      await open(batchFigures(plan), threadCount),
      // One thread: several lose sums, see updateStep.
      await open(updateStep(plan, plan.epsilon), 1),
    ] as const;
    const state = new Map<string, TensorHandle>();
    for (const [name, dims] of stateShapes(plan)) {
      const data = values.get(name);
      if (data?.length !== sizeOf(dims)) {
        throw new FeaturescopeError('internal', `The training state has no fitting "${name}".`);
      }
      const [held] = await ort.holdTensors([{ dtype: 'float32', dims, data }], signal);
      state.set(name, held!);
    }
    // Results that are as large as a batch go to the same place at every step: fresh memory costs more than the sums.
    const scratch = new Map<string, TensorHandle>();
    const dims = [plan.batchSize, plan.dModel];
    for (const name of ['centred', 'error']) {
      const data = new Float32Array(sizeOf(dims));
      const [held] = await ort.holdTensors([{ dtype: 'float32', dims, data }], signal);
      scratch.set(name, held!);
    }
    return new ResidentSae(ort, plan, [state, scratch], sessions, scalars);
  }

  get scalars(): TrainingScalars {
    return this.#scalars;
  }

  /** The parameters in the runner, for graphs that read them. */
  parameter(name: (typeof parameters)[number]): TensorHandle {
    return this.#state.get(name)!;
  }

  /**
   * @param x f32 `[batch, d]`
   * @returns figures where wanted; they cost two passes over the batch
   * @throws `cancelled` (the state is then that of before the step), `closed`, `outOfMemory`
   */
  async step(
    x: TensorHandle,
    wantsFigures: boolean,
    signal?: AbortSignal,
  ): Promise<StepFigures | undefined> {
    const { learningRate, deadAfterSteps, thresholdDecay, rule } = this.#plan;
    const step = this.#scalars.step + 1;
    const { rate, rootScale } = adamScales(learningRate, step);
    const feeds = {
      ...this.#feeds,
      ...{ x, rate: scalar(rate), rootScale: scalar(rootScale) },
      ...{ lossScale: scalar(this.#scalars.lossScale), deadAfter: scalar(deadAfterSteps) },
    };
    const session = wantsFigures ? this.#measured : this.#plain;
    const wanted = wantsFigures ? [...figureNames] : [];
    const fetches = {
      ...this.#fetches,
      ...Object.fromEntries(wanted.map((name) => [name, 'value' as const])),
    };
    const { outputs } = await session.run(feeds, fetches, signal);
    const number = (name: string): number => {
      const output = outputs[name];
      return output && !isHandle(output) ? Number(output.data[0]) : NaN;
    };
    const { threshold: past } = this.#scalars;
    // Where nothing was kept, the graph answers its largest number.
    const kept = number('smallestKept');
    const smallest = kept > 1e38 ? 0 : kept;
    const threshold =
      past === undefined ? smallest : thresholdDecay * past + (1 - thresholdDecay) * smallest;
    this.#scalars = { ...this.#scalars, step, ...(rule === 'batchtopk' ? { threshold } : {}) };
    if (!wantsFigures) return undefined;
    return {
      ...{ loss: number('loss'), auxLoss: number('auxLoss'), deadCount: number('deadCount') },
      ...{ explainedVariance: number('explainedVariance'), l0: number('l0') },
    };
  }

  /** One tensor of the state, read back. @returns f32 in the shape of `stateShapes` */
  async read(name: string, signal?: AbortSignal): Promise<Float32Array> {
    const [value] = await this.#ort.readTensors([this.#state.get(name)!], signal);
    return value?.data as Float32Array;
  }

  async release(): Promise<void> {
    for (const session of this.#sessions) await session.release();
    const held = [...this.#state.values(), ...this.#scratch.values()];
    await this.#ort.releaseTensors(held.map(({ handle }) => handle));
  }
}

const figureNames = ['loss', 'auxLoss', 'deadCount', 'explainedVariance', 'l0'] as const;

const scalar = (value: number): TensorValue => ({
  dtype: 'float32',
  dims: [],
  data: Float32Array.of(value),
});
