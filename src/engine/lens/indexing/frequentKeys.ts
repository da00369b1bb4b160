import type { StateArrays } from './featureSums.ts';

export interface CountedKey {
  readonly key: number;
  /** At least the true count, by at most `error`. */
  readonly count: number;
  readonly error: number;
  /** Sum of weights since the key has its place. */
  readonly weight: number;
}

/**
 * Counts keys in rows of fixed width (Space-Saving): exact while a row has met at most `width` different keys; then the
 * rarest gives its place to a newcomer, which starts at the rarest's count.
 *
 * @source Metwally, Agrawal, El Abbadi 2005: every key above rowTotal / width is kept, counts are too high by at most
 *   the smallest in the row
 */
export class FrequentKeys {
  readonly #width: number;
  readonly #key: Int32Array;
  readonly #count: Uint32Array;
  readonly #error: Uint32Array;
  readonly #weight: Float64Array;
  readonly #used: Uint16Array;

  constructor(rows: number, width: number) {
    this.#width = width;
    this.#key = new Int32Array(rows * width);
    this.#count = new Uint32Array(rows * width);
    this.#error = new Uint32Array(rows * width);
    this.#weight = new Float64Array(rows * width);
    this.#used = new Uint16Array(rows);
  }

  add(row: number, key: number, weight: number): void {
    const first = row * this.#width;
    const used = this.#used[row]!;
    let at = this.#key.subarray(first, first + used).indexOf(key);
    if (at < 0 && used < this.#width) {
      at = used;
      this.#used[row] = used + 1;
      this.#key[first + at] = key;
    } else if (at < 0) {
      at = this.#rarest(first);
      this.#key[first + at] = key;
      this.#error[first + at] = this.#count[first + at]!;
      this.#weight[first + at] = 0;
    }
    this.#count[first + at]! += 1;
    this.#weight[first + at]! += weight;
  }

  #rarest(first: number): number {
    let rarest = 0;
    for (let i = 1; i < this.#width; i++) {
      if (this.#count[first + i]! < this.#count[first + rarest]!) rarest = i;
    }
    return rarest;
  }

  of(row: number): readonly CountedKey[] {
    return Array.from({ length: this.#used[row]! }, (_, i) => {
      const at = row * this.#width + i;
      return {
        key: this.#key[at]!,
        count: this.#count[at]!,
        error: this.#error[at]!,
        weight: this.#weight[at]!,
      };
    });
  }

  arrays(prefix: string): StateArrays {
    return {
      [`${prefix}.key`]: this.#key,
      [`${prefix}.count`]: this.#count,
      [`${prefix}.error`]: this.#error,
      [`${prefix}.weight`]: this.#weight,
      [`${prefix}.used`]: this.#used,
    };
  }
}
