import { setImmediate } from 'node:timers/promises';
import type { PlacedBlock } from './labelTable.ts';

/** Places in a feature's list of words that are told apart. */
const rankBits = 4;
const chunkSize = 2048;
/** Words that one beginning may stand for. */
const prefixMax = 2000;

/** Which features have a word of prompts among those that say most about them. */
export class WordIndex {
  readonly #words: readonly string[]; // sorted
  readonly #features: ReadonlyMap<string, readonly number[]>; // feature << rankBits | rank

  private constructor(features: ReadonlyMap<string, readonly number[]>) {
    this.#features = features;
    this.#words = [...features.keys()].sort();
  }

  static async build(blocks: readonly PlacedBlock[]): Promise<WordIndex> {
    const features = new Map<string, number[]>();
    for (const { block, offset } of blocks) {
      for (let id = 0; id < block.nFeatures; id++) {
        const words = block.words[id]!;
        if (words !== '') {
          words.split(' ').forEach((word, rank) => {
            const entry = ((offset + id) << rankBits) | Math.min(rank, 2 ** rankBits - 1);
            const list = features.get(word);
            if (list) list.push(entry);
            else features.set(word, [entry]);
          });
        }
        if (id % chunkSize === 0) await setImmediate();
      }
    }
    return new WordIndex(features);
  }

  /**
   * Calls back with each feature that has the word: score 1 where it is the first of the feature's words, 1/2 where the
   * second, ...; half of it for longer words. A feature may come more than once.
   *
   * @param isPrefix also longer words that begin with it
   */
  find(word: string, isPrefix: boolean, onHit: (feature: number, score: number) => void): void {
    const report = (found: string, weight: number): void => {
      for (const entry of this.#features.get(found) ?? []) {
        onHit(entry >> rankBits, weight / (1 + (entry & (2 ** rankBits - 1))));
      }
    };
    report(word, 1);
    if (!isPrefix) return;
    const from = this.#firstFrom(word);
    const to = Math.min(this.#words.length, from + prefixMax);
    for (let place = from; place < to; place++) {
      const longer = this.#words[place]!;
      if (!longer.startsWith(word)) break;
      if (longer !== word) report(longer, 0.5);
    }
  }

  #firstFrom(word: string): number {
    let [low, high] = [0, this.#words.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#words[middle]! < word) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
