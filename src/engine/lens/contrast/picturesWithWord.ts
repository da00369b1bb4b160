import { invalidInput } from '../../../protocol/errors.ts';
import type { ContrastSide } from '../../../protocol/contrast.ts';
import { openCollectedSet } from '../collected/collectedSet.ts';

const limits = { least: 4, most: 1000 };

/**
 * The pictures of a collected set whose prompt has a word, upper and lower case alike; evenly `limit` of them.
 *
 * @throws `invalidInput` for a limit outside of 4 ... 1000, and as `openCollectedSet`
 */
export async function picturesWithWord({
  setDir,
  word,
  isWithout,
  limit,
}: Extract<ContrastSide, { kind: 'collectedWord' }>): Promise<
  Extract<ContrastSide, { kind: 'collected' }>
> {
  if (!(Number.isInteger(limit) && limit >= limits.least && limit <= limits.most)) {
    throw invalidInput(
      `limit is ${limit}; allowed are whole numbers from ${limits.least} to ${limits.most}.`,
    );
  }
  const set = await openCollectedSet(setDir);
  const wanted = word.trim().toLowerCase();
  const all = await set.pictures(0, set.pictureCount);
  const found = all.flatMap(({ prompt }, index) => {
    const words = prompt.toLowerCase().split(/[^\p{L}\p{N}'-]+/u);
    const isThere = wanted === '' || words.includes(wanted);
    return isThere === isWithout && wanted !== '' ? [] : [index];
  });
  const count = Math.min(limit, found.length);
  const pictures = Array.from(
    { length: count },
    (_, i) => found[Math.floor((i * found.length) / count)] ?? 0,
  );
  return { kind: 'collected', setDir, pictures };
}
