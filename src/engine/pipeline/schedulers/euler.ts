import { eulerLevels, predictorOf, scaleByLevel } from './eulerMath.ts';
import type { Schedule } from './schedule.ts';
import type { EulerConfig } from './schedulerConfig.ts';

const { fround } = Math;

/**
 * Euler's method on the probability-flow ODE: `x + (x - x0) / sigma · (sigma_next - sigma)`.
 *
 * @source diffusers 0.42.1 `EulerDiscreteScheduler` without churn; checked against test/golden/schedulers.json
 */
export function createEuler(config: EulerConfig, stepCount: number): Schedule {
  const levels = eulerLevels(config, stepCount, config.final_sigmas_type);
  const sigmaAt = (index: number): number => levels.sigmas[index] ?? 0;
  return {
    ...levels,
    drawNoise: () => new Float32Array(),
    scaleModelInput: (sample, stepIndex) => scaleByLevel(sample, sigmaAt(stepIndex)),
    step: (modelOutput, stepIndex, sample) => {
      const sigma = sigmaAt(stepIndex);
      const change = fround(sigmaAt(stepIndex + 1) - sigma);
      const predict = predictorOf(config.prediction_type, sigma);
      const next = new Float32Array(sample.length);
      for (let i = 0; i < sample.length; i++) {
        const value = sample[i] ?? 0;
        const picture = predict(modelOutput[i] ?? 0, value);
        const derivative = fround(fround(value - picture) / sigma);
        next[i] = value + fround(derivative * change);
      }
      return next;
    },
  };
}
