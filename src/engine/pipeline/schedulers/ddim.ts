import { invalidInput } from '../../../protocol/errors.ts';
import { cumulativeAlphas } from './noiseLevels.ts';
import type { Schedule } from './schedule.ts';
import type { DdimConfig } from './schedulerConfig.ts';
import { roundHalfToEven, spaceTimesteps } from './timesteps.ts';

const { fround, sqrt } = Math;

/**
 * DDIM without added noise (eta 0): `sqrt(a_prev) x0 + sqrt(1 - a_prev) eps`, with `a` the share of picture left.
 *
 * @source diffusers 0.42.1 `DDIMScheduler`, Song et al. 2020 formula (12); checked against test/golden/schedulers.json
 */
export function createDdim(config: DdimConfig, stepCount: number): Schedule {
  const alphas = cumulativeAlphas(config);
  const { num_train_timesteps: trained } = config;
  const timesteps = spaceTimesteps(config, stepCount).map(roundHalfToEven);
  const largest = Math.max(...timesteps);
  if (largest >= trained) {
    throw invalidInput(
      `steps is ${String(stepCount)}: with steps_offset ${String(config.steps_offset)} this reaches timestep ` +
        `${String(largest)}, but the model has ${String(trained)}.`,
    );
  }
  const finalAlpha = config.set_alpha_to_one ? 1 : (alphas[0] ?? 1);
  const stride = Math.floor(trained / stepCount);
  const limit = config.clip_sample ? config.clip_sample_range : Infinity;
  return {
    timesteps,
    initNoiseSigma: 1,
    drawNoise: () => new Float32Array(),
    scaleModelInput: (sample) => sample,
    step: (modelOutput, stepIndex, sample) => {
      const timestep = timesteps[stepIndex] ?? 0;
      const previous = timestep - stride;
      // A timestep of -1, the 62nd of 61 "trailing" steps, is the last one in Python.
      const alpha = alphas.at(timestep) ?? 1;
      const previousAlpha = previous >= 0 ? (alphas[previous] ?? 1) : finalAlpha;
      const convert = converterOf(config.prediction_type, alpha);
      const pictureWeight = fround(sqrt(previousAlpha));
      const noiseWeight = fround(sqrt(fround(1 - previousAlpha)));
      const next = new Float32Array(sample.length);
      for (let i = 0; i < sample.length; i++) {
        const { picture, noise } = convert(modelOutput[i] ?? 0, sample[i] ?? 0);
        const clipped = Math.min(Math.max(picture, -limit), limit);
        next[i] = fround(pictureWeight * clipped) + fround(noiseWeight * noise);
      }
      return next;
    },
  };
}

interface Prediction {
  picture: number;
  noise: number;
}

/** Picture and noise that the model's output stands for, in float32 as torch has them. */
function converterOf(
  type: DdimConfig['prediction_type'],
  alpha: number,
): (output: number, sample: number) => Prediction {
  const a = fround(sqrt(alpha));
  const b = fround(sqrt(fround(1 - alpha)));
  // One object for all values: an allocation for each would cost more than the arithmetic.
  const result: Prediction = { picture: 0, noise: 0 };
  switch (type) {
    case 'epsilon':
      return (output, sample) => {
        result.picture = fround(fround(sample - fround(b * output)) / a);
        result.noise = output;
        return result;
      };
    case 'sample':
      return (output, sample) => {
        result.picture = output;
        result.noise = fround(fround(sample - fround(a * output)) / b);
        return result;
      };
    case 'v_prediction':
      return (output, sample) => {
        result.picture = fround(fround(a * sample) - fround(b * output));
        result.noise = fround(fround(a * output) + fround(b * sample));
        return result;
      };
  }
}
