import { invalidInput } from '../../../protocol/errors.ts';
import type { SchedulerName } from '../../../protocol/manifest.ts';
import { cumulativeAlphas } from './noiseLevels.ts';
import { createSchedule } from './schedule.ts';
import { readDdimConfig, readEulerAncestralConfig, readEulerConfig } from './schedulerConfig.ts';

const { fround, sqrt } = Math;

/** Factors of a picture's latents and of noise at a timestep; the sum of their squares is 1. */
export interface NoiseMix {
  readonly signal: number;
  readonly noise: number;
}

/** `sqrt(ᾱ_t)` and `sqrt(1 - ᾱ_t)`. @param timestep whole, below the trained count */
export function noiseMixAt(
  name: SchedulerName,
  config: Readonly<Record<string, unknown>>,
  timestep: number,
): NoiseMix {
  const read = {
    EulerDiscreteScheduler: readEulerConfig,
    EulerAncestralDiscreteScheduler: readEulerAncestralConfig,
    DDIMScheduler: readDdimConfig,
  }[name];
  const alpha = cumulativeAlphas(read(config))[timestep];
  if (alpha === undefined) throw invalidInput(`There is no timestep ${String(timestep)}.`);
  return { signal: sqrt(alpha), noise: sqrt(fround(1 - alpha)) };
}

/**
 * A picture's latents as the U-net would see them at a timestep: `x_t = sqrt(ᾱ_t) z + sqrt(1 - ᾱ_t) ε`. In Euler's terms
 * the same is `(z + σ ε) / sqrt(σ² + 1)` with `σ² = (1 - ᾱ) / ᾱ`.
 *
 * @param latents f32, scaled as the U-net was trained
 * @param noise f32, as long, standard normal
 * @source diffusers 0.42.1 `add_noise` and `scale_model_input` of the three classes; checked against
 *   test/golden/explain.json, |Δ| <= 1e-6 of the largest value (f32: the two forms round differently)
 */
export function addNoise(
  latents: Float32Array,
  noise: Float32Array,
  { signal, noise: share }: NoiseMix,
): Float32Array {
  return latents.map((value, i) => signal * value + share * (noise[i] ?? 0));
}

/** What a picture can be read at. */
export interface ReadingTimesteps {
  /** The schedule's first step: almost only noise is there, so it and what is above it are not read. */
  readonly first: number;
  /** Its later steps, rounded to whole ones; falling. */
  readonly later: readonly number[];
}

/** Of a schedule of so many steps. */
export function readingTimesteps(
  name: SchedulerName,
  config: Readonly<Record<string, unknown>>,
  stepCount: number,
): ReadingTimesteps {
  const [first = 0, ...later] = createSchedule(name, config, stepCount).timesteps.map(Math.round);
  return { first, later };
}
