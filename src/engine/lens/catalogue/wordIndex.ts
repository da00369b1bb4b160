import { setImmediate } from 'node:timers/promises';
import type { PlacedBlock } from './labelTable.ts';

/** Places in a feature's list of words that are told apart. */
const rankBits = 4;
const chunkSize = 2048;
/** Words that one beginning may stand for. */
const prefixMax = 2000;

export interface WordHit {
  readonly word: string;
  /** 1 for the first of the feature's words, 1/2 for the second, ... */
  readonly score: number;
}

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

  /** Best hit of each feature. @param isPrefix also longer words that begin with it, after exact ones */
  find(word: string, isPrefix: boolean): ReadonlyMap<number, WordHit> {
    const hits = new Map<number, WordHit>();
    const add = (found: string, weight: number): void => {
      for (const entry of this.#features.get(found) ?? []) {
        const feature = entry >> rankBits;
        const score = weight / (1 + (entry & (2 ** rankBits - 1)));
        const known = hits.get(feature);
        if (!known || known.score < score) hits.set(feature, { word: found, score });
      }
    };
    add(word, 1);
    if (!isPrefix) return hits;
    const from = this.#firstFrom(word);
    for (const longer of this.#words.slice(from, from + prefixMax)) {
      if (!longer.startsWith(word)) break;
      if (longer !== word) add(longer, 0.5);
    }
    return hits;
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
