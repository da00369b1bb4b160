import type { TorchGenerator } from '../../../numerics/random.ts';
import type { SchedulerName } from '../../../protocol/manifest.ts';
import { createDdim } from './ddim.ts';
import { createEuler } from './euler.ts';
import { createEulerAncestral } from './eulerAncestral.ts';
import { readDdimConfig, readEulerAncestralConfig, readEulerConfig } from './schedulerConfig.ts';

/** A scheduler that is set to a number of steps: what diffusers has after `set_timesteps`. */
export interface Schedule {
  /** What the U-net is told at each step. Rarely one more than asked for, as numpy counts "trailing" spacing. */
  readonly timesteps: readonly number[];
  /** Scale of the noise that the latents start from. */
  readonly initNoiseSigma: number;
  /** The sample as the U-net wants to see it; may be `sample` itself. */
  scaleModelInput(sample: Float32Array, stepIndex: number): Float32Array;
  /**
   * The noise of one step, needed only when the U-net has answered: it is drawn while that works.
   *
   * @param generator the one that the first latents came from; steps draw in their order
   * @returns f32 `[size]`, standard normal; empty where the scheduler adds none
   */
  drawNoise(generator: TorchGenerator, size: number): Float32Array;
  /**
   * One step towards the picture.
   *
   * @param modelOutput f32, as long as `sample`
   * @param noise of `drawNoise`
   */
  step(
    modelOutput: Float32Array,
    stepIndex: number,
    sample: Float32Array,
    noise: Float32Array,
  ): Float32Array;
}

/**
 * Schedulers as diffusers defines them. As in its `from_config`, a configuration written for one serves the others:
 * keys that a class does not take do nothing, keys that are absent have that class's default.
 *
 * @param config `scheduler_config.json` as the file has it
 * @throws `model` for keys and values that would change results and are not implemented, by name; `invalidInput` for
 *   a number of steps that the schedule cannot have
 * @source diffusers 0.42.1; checked against test/golden/schedulers.json
 */
export function createSchedule(
  name: SchedulerName,
  config: Readonly<Record<string, unknown>>,
  stepCount: number,
): Schedule {
  switch (name) {
    case 'EulerDiscreteScheduler':
      return createEuler(readEulerConfig(config), stepCount);
    case 'EulerAncestralDiscreteScheduler':
      return createEulerAncestral(readEulerAncestralConfig(config), stepCount);
    case 'DDIMScheduler':
      return createDdim(readDdimConfig(config), stepCount);
  }
}
