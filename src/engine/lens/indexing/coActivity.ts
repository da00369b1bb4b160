import type { StateArrays } from './featureSums.ts';
import { FrequentKeys } from './frequentKeys.ts';

/** Up to so many features every pair has a counter (134 MB); beyond it only each feature's most frequent partners. */
const allPairsMax = 8192;
const partnersKept = 128;
/** Fewer samples than this say nothing about a pair. */
const pairCountMin = 5;

export interface CoActive {
  readonly id: number;
  readonly pmi: number;
  readonly count: number;
}

/** How often two features are active in the same cell at the same step. */
export class CoActivity {
  readonly #featureCount: number;
  readonly #pairs: Uint32Array | undefined; // upper triangle, row by row
  readonly #frequent: FrequentKeys | undefined;

  constructor(featureCount: number) {
    this.#featureCount = featureCount;
    if (featureCount <= allPairsMax) {
      this.#pairs = new Uint32Array((featureCount * (featureCount - 1)) / 2);
    } else this.#frequent = new FrequentKeys(featureCount, partnersKept);
  }

  get isExact(): boolean {
    return this.#pairs !== undefined;
  }

  /** @param active features of one sample; the first `length` entries */
  add(active: Int32Array, length: number): void {
    for (let i = 0; i < length; i++) {
      for (let j = i + 1; j < length; j++) {
        const [a, b] = [active[i]!, active[j]!];
        if (this.#pairs) this.#pairs[this.#at(Math.min(a, b), Math.max(a, b))]! += 1;
        else {
          this.#frequent?.add(a, b, 0);
          this.#frequent?.add(b, a, 0);
        }
      }
    }
  }

  /**
   * Partners by `PMI = log2(c_fg · N / (c_f · c_g))`, among those that share at least 5 samples and 2 % of the feature's
   * own: pointwise mutual information alone prefers the rarest.
   *
   * @param counts active samples by feature
   * @param sampleCount N
   */
  partnersOf(id: number, counts: Float64Array, sampleCount: number, limit: number): CoActive[] {
    const least = Math.max(pairCountMin, 0.02 * counts[id]!);
    const found: CoActive[] = [];
    const consider = (other: number, count: number): void => {
      if (count < least) return;
      found.push({
        id: other,
        pmi: Math.log2((count * sampleCount) / (counts[id]! * counts[other]!)),
        count,
      });
    };
    if (this.#pairs) {
      for (let other = 0; other < this.#featureCount; other++) {
        if (other === id) continue;
        consider(other, this.#pairs[this.#at(Math.min(id, other), Math.max(id, other))]!);
      }
    } else {
      // Too high by at most `error`: what is surely there counts.
      for (const { key, count, error } of this.#frequent?.of(id) ?? [])
        consider(key, count - error);
    }
    return found.sort((a, b) => b.pmi - a.pmi || a.id - b.id).slice(0, limit);
  }

  #at(low: number, high: number): number {
    return (low * (2 * this.#featureCount - low - 1)) / 2 + (high - low - 1);
  }

  arrays(): StateArrays {
    return this.#pairs ? { pairs: this.#pairs } : (this.#frequent?.arrays('partners') ?? {});
  }
}
