import { studentT975 } from '../../../numerics/distributions.ts';
import type { Interval } from './crossedBootstrap.ts';

/**
 * A mean over prompts with `± t_{0.975, n-1} · s / √n`; of a single value the interval is unbounded.
 *
 * @param values one a prompt, at least 1
 */
export function meanInterval(values: readonly number[]): Interval {
  const count = values.length;
  const value = values.reduce((sum, each) => sum + each, 0) / count;
  if (count < 2) return { value, low: -Infinity, high: Infinity };
  const squares = values.reduce((sum, each) => sum + (each - value) ** 2, 0);
  const half = studentT975(count - 1) * Math.sqrt(squares / (count - 1) / count);
  return { value, low: value - half, high: value + half };
}
