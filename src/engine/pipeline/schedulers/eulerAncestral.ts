import { eulerLevels, predictorOf, scaleByLevel } from './eulerMath.ts';
import type { Schedule } from './schedule.ts';
import type { EulerAncestralConfig } from './schedulerConfig.ts';

const { fround, sqrt } = Math;

/**
 * Ancestral sampling: an Euler step further down than asked for, then new noise up to the wanted level.
 *
 * `up² = to² (from² - to²) / from²`, `down² = to² - up²`; `x + (x - x0) / sigma · (down - sigma) + up · noise`
 *
 * @source diffusers 0.42.1 `EulerAncestralDiscreteScheduler`; checked against test/golden/schedulers.json
 */
export function createEulerAncestral(config: EulerAncestralConfig, stepCount: number): Schedule {
  const levels = eulerLevels(config, stepCount, 'zero');
  const sigmaAt = (index: number): number => levels.sigmas[index] ?? 0;
  return {
    ...levels,
    // For the last step too, when it has no weight: torch's stream moves on all the same.
    drawNoise: (generator, size) => generator.randn(size),
    scaleModelInput: (sample, stepIndex) => scaleByLevel(sample, sigmaAt(stepIndex)),
    step: (modelOutput, stepIndex, sample, noise) => {
      const sigma = sigmaAt(stepIndex);
      const { up, down } = splitLevel(sigma, sigmaAt(stepIndex + 1));
      const change = fround(down - sigma);
      const predict = predictorOf(config.prediction_type, sigma);
      const next = new Float32Array(sample.length);
      for (let i = 0; i < sample.length; i++) {
        const value = sample[i] ?? 0;
        const picture = predict(modelOutput[i] ?? 0, value);
        const derivative = fround(fround(value - picture) / sigma);
        const moved = fround(value + fround(derivative * change));
        next[i] = moved + fround((noise[i] ?? 0) * up);
      }
      return next;
    },
  };
}

function splitLevel(from: number, to: number): { up: number; down: number } {
  const square = (value: number): number => fround(value * value);
  const gap = fround(square(from) - square(to));
  const up = fround(sqrt(fround(fround(square(to) * gap) / square(from))));
  return { up, down: fround(sqrt(fround(square(to) - square(up)))) };
}
