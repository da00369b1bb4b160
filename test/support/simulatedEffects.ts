import { TorchGenerator } from '../../src/numerics/random.ts';
import type { Crossed } from '../../src/engine/lens/specialization/crossedBootstrap.ts';

export interface Spread {
  readonly feature: number;
  readonly prompt: number;
  readonly rest: number;
}

export interface SimulatedBlocks {
  readonly effects: readonly (readonly Crossed[])[]; // [blocks][factors]
  readonly controls: readonly (readonly Crossed[])[];
}

/** Features x prompts around a mean: what a feature has everywhere, what a prompt has with all, and the rest. */
export function simulateCrossed(
  mean: number,
  [features, prompts]: readonly [number, number],
  spread: Spread,
  chance: TorchGenerator,
): Crossed {
  // Draws of 16 and more are the quick path; what is left over is not needed.
  const normal = (count: number): Float32Array => chance.randn(Math.max(16, count));
  const [byFeature, byPrompt] = [normal(features), normal(prompts)];
  const rest = normal(features * prompts);
  return Array.from({ length: features }, (_, f) =>
    Array.from(
      { length: prompts },
      (__, p) =>
        mean +
        spread.feature * byFeature[f]! +
        spread.prompt * byPrompt[p]! +
        spread.rest * rest[f * prompts + p]!,
    ),
  );
}

/**
 * Four blocks and three factors. Each block has a receptive field that makes some factors larger for whatever is done in
 * it, features and random directions alike.
 *
 * @param special what the features of the first block do more to the first factor than random directions
 */
export function simulateBlocks(special: number, seed: number): SimulatedBlocks {
  const chance = new TorchGenerator(seed);
  const size = [10, 12] as const;
  const spread = { feature: 0.4, prompt: 0.4, rest: 0.5 };
  const field = (b: number, k: number): number => 2 + (b === k ? 3 : 0);
  const arm = (extra: number): readonly (readonly Crossed[])[] =>
    [0, 1, 2, 3].map((b) =>
      [0, 1, 2].map((k) =>
        simulateCrossed(field(b, k) + (b + k === 0 ? extra : 0), size, spread, chance),
      ),
    );
  return { effects: arm(special), controls: arm(0) };
}
