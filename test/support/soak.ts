/** Long proofs run small in `npm test` and in full in `npm run soak`. */
const isFullSoak = process.env.FEATURESCOPE_SOAK === 'full';

/** How often to do something: a few times in every test run, many times in a soak. */
export const soakCount = (small: number, full: number): number => (isFullSoak ? full : small);

/** Random numbers from a seed that a failure names, so that it can be had again: mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}
