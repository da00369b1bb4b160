import assert from 'node:assert/strict';
import {
  largestDifference,
  readGoldenJson,
  relativeDifference,
} from '../../../../test/support/golden.ts';
import { TorchGenerator } from '../../../numerics/random.ts';
import { FeaturescopeError } from '../../../protocol/errors.ts';
import type { SchedulerName } from '../../../protocol/manifest.ts';
import { createSchedule, type Schedule } from './schedule.ts';

interface Case {
  readonly class: SchedulerName;
  readonly config: Readonly<Record<string, unknown>>;
  readonly stepCount: number;
  readonly error?: string;
  readonly timesteps: readonly number[];
  readonly initNoiseSigma: number;
  readonly sigmas?: readonly number[];
  readonly kept: readonly (readonly number[])[];
  readonly latents: readonly number[];
}
interface Golden {
  readonly meta: { readonly seed: number; readonly kept: readonly number[] };
  readonly noise: readonly (readonly number[])[];
  readonly cases: readonly Case[];
}

const golden = readGoldenJson('schedulers.json') as Golden;
const { fround } = Math;

/** What the fixtures do not have and we refuse. */
const refused = (config: Case['config']): boolean => config['interpolation_type'] === 'log_linear';

/**
 * f32, of the largest value: torch's vector code rounds the beta schedule differently by CPU. Nearly all cases stay
 * below 5e-7; DDIM's 62nd of 61 steps, whose timestep of -1 divides by 0.07, reaches 1.6e-6.
 */
const tolerance = 2e-6;

describe('createSchedule', () => {
  for (const name of [
    'EulerDiscreteScheduler',
    'EulerAncestralDiscreteScheduler',
    'DDIMScheduler',
  ] as const) {
    it(`runs ${name} as diffusers does`, () => {
      const cases = golden.cases.filter((each) => each.class === name && !each.error);
      let runCount = 0;
      for (const each of cases) {
        if (refused(each.config)) continue;
        const what = JSON.stringify({ config: each.config, stepCount: each.stepCount });
        const schedule = createSchedule(name, each.config, each.stepCount);
        assert.ok(
          largestDifference(schedule.timesteps, each.timesteps) <= 1e-4,
          `timesteps ${what}`,
        );
        assert.ok(
          relativeDifference([schedule.initNoiseSigma], [each.initNoiseSigma]) <= tolerance,
          what,
        );
        const { kept, latents } = sample(schedule);
        assert.equal(kept.length, each.kept.length, what);
        kept.forEach((values, step) => {
          const error = largestDifference(values, each.kept[step] ?? []) / scaleOf(each);
          assert.ok(error <= tolerance, `step ${String(step)} off by ${String(error)}: ${what}`);
        });
        const error = largestDifference(latents, each.latents) / scaleOf(each);
        assert.ok(error <= tolerance, `latents off by ${String(error)}: ${what}`);
        runCount++;
      }
      assert.ok(runCount >= 60, `${String(runCount)} cases`);
    });
  }

  it('refuses what diffusers refuses', () => {
    const cases = golden.cases.filter((each) => each.error);
    assert.ok(cases.length > 0);
    for (const { class: name, config, stepCount } of cases) {
      assert.throws(
        () => createSchedule(name, config, stepCount),
        isModelError(/prediction_type: "sample"/),
      );
    }
  });

  it('refuses by name and value what would change results and is not implemented', () => {
    const euler = 'EulerDiscreteScheduler';
    const wrong: [SchedulerName, Record<string, unknown>, RegExp][] = [
      [euler, { use_karras_sigmas: true }, /use_karras_sigmas: true is not implemented/],
      [euler, { interpolation_type: 'log_linear' }, /interpolation_type: "log_linear"/],
      [euler, { beta_schedule: 'squaredcos_cap_v2' }, /beta_schedule: "squaredcos_cap_v2"/],
      [euler, { trained_betas: [0.1] }, /trained_betas: \[0.1\]/],
      [euler, { timestep_type: 'continuous' }, /timestep_type: "continuous"/],
      ['DDIMScheduler', { thresholding: true }, /thresholding: true/],
      ['DDIMScheduler', { shiny: 3 }, /the key shiny \(3\) is not known/],
      ['EulerAncestralDiscreteScheduler', { beta_end: 'x' }, /beta_end/],
    ];
    for (const [name, config, message] of wrong) {
      assert.throws(() => createSchedule(name, config, 4), isModelError(message));
    }
  });

  it('lets keys pass that the class does not take, and private ones', () => {
    const config = { use_karras_sigmas: true, skip_prk_steps: false, _diffusers_version: '0.24.0' };
    assert.doesNotThrow(() => createSchedule('EulerAncestralDiscreteScheduler', config, 4));
  });

  it('names the number of steps that cannot be', () => {
    for (const stepCount of [0, 1001, 1.5]) {
      assert.throws(
        () => createSchedule('DDIMScheduler', {}, stepCount),
        (error) =>
          error instanceof FeaturescopeError &&
          error.code === 'invalidInput' &&
          error.message.includes(`steps is ${String(stepCount)}; `),
      );
    }
  });
});

/** The run that make_schedulers.py describes. */
function sample(schedule: Schedule): { kept: number[][]; latents: Float32Array } {
  const generator = new TorchGenerator(golden.meta.seed);
  let latents = generator.randn(64).map((value) => value * schedule.initNoiseSigma);
  const kept: number[][] = [];
  for (const step of schedule.timesteps.keys()) {
    const scaled = schedule.scaleModelInput(latents, step);
    const output = scaled.map(
      (value, i) => fround(fround(0.3) * value) + fround(fround(0.1) * fround(Math.cos(i + step))),
    );
    const noise = schedule.drawNoise(generator, latents.length);
    latents = Float32Array.from(schedule.step(output, step, latents, noise));
    kept.push(golden.meta.kept.map((place) => latents[place] ?? NaN));
  }
  return { kept, latents };
}

const scaleOf = ({ initNoiseSigma, latents }: Case): number =>
  Math.max(initNoiseSigma, ...latents.map(Math.abs));

const isModelError =
  (message: RegExp) =>
  (error: unknown): boolean =>
    error instanceof FeaturescopeError && error.code === 'model' && message.test(error.message);
