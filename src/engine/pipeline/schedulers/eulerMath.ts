import { spaceTimesteps } from './timesteps.ts';
import { trainingSigmas } from './noiseLevels.ts';
import type { EulerAncestralConfig, EulerConfig } from './schedulerConfig.ts';

const { fround, sqrt } = Math;

/** What both Euler schedulers share. Every value is rounded to float32 where torch holds one. */
export interface EulerLevels {
  readonly timesteps: readonly number[];
  /** One more than timesteps: the last is where the last step goes. */
  readonly sigmas: Float32Array; // [timesteps + 1]
  readonly initNoiseSigma: number;
}

/** @source diffusers 0.42.1 `set_timesteps` and `init_noise_sigma` */
export function eulerLevels(
  config: EulerConfig | EulerAncestralConfig,
  stepCount: number,
  lastSigma: 'zero' | 'sigma_min',
): EulerLevels {
  const trained = trainingSigmas(config);
  const timesteps = spaceTimesteps(config, stepCount).map(fround);
  const sigmas = Float32Array.from([
    ...timesteps.map((timestep) => interpolate(trained, timestep)),
    lastSigma === 'zero' ? 0 : (trained[0] ?? 0),
  ]);
  const largest = sigmas.reduce((a, b) => Math.max(a, b));
  const isFromPureNoise = config.timestep_spacing !== 'leading';
  return {
    timesteps,
    sigmas,
    initNoiseSigma: isFromPureNoise ? largest : rootOfSquarePlusOne(largest),
  };
}

/** `sample / sqrt(sigma² + 1)`: unit variance, as the U-net was trained. */
export function scaleByLevel(sample: Float32Array, sigma: number): Float32Array {
  const scale = rootOfSquarePlusOne(sigma);
  // Here and in the steps: a loop takes half as long as `map`, and the runner waits for it.
  const scaled = new Float32Array(sample.length);
  for (let i = 0; i < sample.length; i++) scaled[i] = (sample[i] ?? 0) / scale;
  return scaled;
}

const rootOfSquarePlusOne = (sigma: number): number => fround(sqrt(squarePlusOne(sigma)));

const squarePlusOne = (sigma: number): number => fround(fround(sigma * sigma) + 1);

/**
 * The picture (x0) that the model's output stands for, one value at a time. The branch is taken once, outside the loop.
 *
 * epsilon: `x - sigma out`; v: `-sigma / sqrt(sigma² + 1) out + x / (sigma² + 1)`; sample: `out`
 */
export function predictorOf(
  type: 'epsilon' | 'v_prediction' | 'sample',
  sigma: number,
): (output: number, sample: number) => number {
  switch (type) {
    case 'epsilon':
      return (output, sample) => fround(sample - fround(sigma * output));
    case 'v_prediction': {
      const outputWeight = fround(-sigma / rootOfSquarePlusOne(sigma));
      const divisor = squarePlusOne(sigma);
      return (output, sample) => fround(fround(output * outputWeight) + fround(sample / divisor));
    }
    case 'sample':
      return (output) => output;
  }
}

/** numpy.interp at the whole numbers 0, 1, ...: linear between them, constant beyond the ends. */
function interpolate(values: Float32Array, position: number): number {
  const last = values.length - 1;
  if (position <= 0) return values[0] ?? 0;
  if (position >= last) return values[last] ?? 0;
  const below = Math.floor(position);
  const start = values[below] ?? 0;
  return ((values[below + 1] ?? 0) - start) * (position - below) + start;
}
