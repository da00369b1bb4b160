import { mersenne } from 'pure-rand/generator/mersenne';
import { TorchGenerator } from './random.ts';

/** Choices by chance that a seed repeats. */
export class SeededDraws {
  readonly #engine;
  readonly #normal: TorchGenerator;

  /** @param seed 0 ... 2^32-1 */
  constructor(seed: number) {
    this.#engine = mersenne(seed >>> 0);
    this.#normal = new TorchGenerator(seed);
  }

  /** A whole number 0 ... limit - 1, all equally likely. */
  below(limit: number): number {
    const fair = Math.floor(2 ** 32 / limit) * limit;
    for (;;) {
      const draw = this.#engine.next() >>> 0;
      if (draw < fair) return draw % limit;
    }
  }

  /** Up to `count` different ones, in the order of the draw. */
  choose<T>(list: readonly T[], count: number): T[] {
    const left = [...list];
    const chosen: T[] = [];
    while (chosen.length < count && left.length > 0) {
      const [one] = left.splice(this.below(left.length), 1);
      if (one !== undefined) chosen.push(one);
    }
    return chosen;
  }

  /** A direction of length 1. @returns f32 `[width]` */
  direction(width: number): Float32Array<ArrayBuffer> {
    const values = this.#normal.randn(width);
    const length = Math.hypot(...values);
    return values.map((value) => value / length);
  }
}
