const roundCount = 6;

/**
 * A permutation of 0 ... count - 1 that needs no memory: a Feistel network over the next even power of two, walked until
 * it lands inside (four steps at most on average). The same seed gives the same order.
 *
 * @param count from 1 to 2^31
 * @returns where an index goes
 */
export function permutation(count: number, seed: number): (index: number) => number {
  let halfBits = 1;
  while (4 ** halfBits < count) halfBits++;
  const half = 2 ** halfBits;
  const mask = half - 1;
  const once = (index: number): number => {
    let left = Math.floor(index / half);
    let right = index & mask;
    for (let round = 0; round < roundCount; round++) {
      [left, right] = [right, left ^ (mixed(right, seed, round) & mask)];
    }
    return left * half + right;
  };
  return (index) => {
    let place = once(index);
    while (place >= count) place = once(place);
    return place;
  };
}

/** One number of 32 bits out of several, each bit depending on all of theirs. */
export function mixed(...values: readonly number[]): number {
  let state = 0x9e3779b9;
  for (const value of values) {
    state = Math.imul(state ^ (value >>> 0), 0x85ebca6b);
    state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
    state ^= state >>> 16;
  }
  return state >>> 0;
}
