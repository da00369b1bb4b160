import { invalidInput } from '../../../protocol/errors.ts';

export type TimestepSpacing = 'linspace' | 'leading' | 'trailing';

interface SpacingConfig {
  readonly num_train_timesteps: number;
  readonly timestep_spacing: TimestepSpacing;
  readonly steps_offset: number;
}

/**
 * The training timesteps that sampling visits, from noise to picture: `linspace` from the last to the first, both
 * included; `leading` whole strides from 0 up, plus `steps_offset`; `trailing` whole strides from the last down.
 * Fractions stay with `linspace`; DDIM rounds them.
 *
 * @throws `invalidInput` when there are not that many timesteps
 * @source diffusers 0.42.1 `set_timesteps`, numpy 2.4 (double precision, halves round to even)
 */
export function spaceTimesteps(config: SpacingConfig, stepCount: number): number[] {
  const { num_train_timesteps: trained, timestep_spacing: spacing, steps_offset: offset } = config;
  if (!Number.isInteger(stepCount) || stepCount < 1 || stepCount > trained) {
    throw invalidInput(
      `steps is ${String(stepCount)}; this model takes whole numbers from 1 to ${String(trained)}.`,
    );
  }
  switch (spacing) {
    case 'linspace': {
      const stride = (trained - 1) / (stepCount - 1);
      const at = (i: number): number => (i === stepCount - 1 ? trained - 1 : i * stride);
      return stepCount === 1 ? [0] : count(stepCount, at).reverse();
    }
    case 'leading': {
      const stride = Math.floor(trained / stepCount);
      return count(stepCount, (i) => i * stride + offset).reverse();
    }
    case 'trailing': {
      const stride = trained / stepCount;
      // numpy.arange: the length from a rounded quotient (61 steps of 1000 are 62), and the stride as first
      // difference of the rounded values.
      const length = Math.ceil(trained / stride);
      const difference = trained - (trained - stride);
      return count(length, (i) => roundHalfToEven(trained - i * difference) - 1);
    }
  }
}

const count = (length: number, at: (i: number) => number): number[] =>
  Array.from({ length }, (_, i) => at(i));

export function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
