import { TorchGenerator } from '../../../numerics/random.ts';
import type { UnsaidFactor } from './promptGrammar.ts';
import type { SaidPrompt } from './samplePrompt.ts';

/** Latents of a picture. */
export interface LatentShape {
  readonly channels: number;
  readonly high: number;
  readonly wide: number;
}

/**
 * What the noise of a seed decides in a picture though its prompt does not state it.
 *
 * `u = Σ noise[channel] · signs / √(high · wide)`, the signs repeated over the latents: standard normal. True above
 * `above`, false below `below`; absent between, and where what the prompt states leaves it without effect.
 *
 * @param seed of the picture; its first noise is what `TorchGenerator` draws
 * @source training/mini/couple.py `read`; checked against it in test/golden/unsaid.json
 */
export function unsaidIn(
  factors: readonly UnsaidFactor[],
  { said }: Pick<SaidPrompt, 'said'>,
  seed: number,
  { channels, high, wide }: LatentShape,
): Readonly<Record<string, boolean>> {
  const decisive = factors.filter(
    ({ unless, one, channel }) =>
      channel < channels &&
      !unless.some((rule) => Object.hasOwn(said, rule)) &&
      (one.length === 0 || one.reduce((sum, rule) => sum + (said[rule]?.length ?? 0), 0) === 1),
  );
  if (decisive.length === 0) return {};
  const noise = new TorchGenerator(seed).randn(channels * high * wide);
  const entries = decisive.flatMap(({ name, channel, signs, below, above }) => {
    let sum = 0;
    for (let y = 0; y < high; y++) {
      const row = signs[y % signs.length] ?? [];
      for (let x = 0; x < wide; x++) {
        sum += (row[x % row.length] ?? 0) * (noise[(channel * high + y) * wide + x] ?? 0);
      }
    }
    const number = sum / Math.sqrt(high * wide);
    return number > above || number < below ? [[name, number > above] as const] : [];
  });
  return Object.fromEntries(entries);
}
