import { invalidInput } from '../../../protocol/errors.ts';
import type { SaeComparison } from '../../../protocol/indexes.ts';
import type { InstalledSae } from '../../models/sae/installedSaes.ts';
import { readSae } from '../../models/sae/saeStore.ts';
import type { Ort } from '../../ort/ort.ts';
import { RowSearch, unitRows } from './nearestRows.ts';

const listSize = 32;
/** Takes a feature that has its partner out of the search. */
const taken = 4;

interface Candidate {
  readonly left: number;
  readonly right: number;
  readonly cosine: number;
}

/**
 * Matches the features of two SAEs one to one by decoder cosine, greedily: the best pair of all that are left, again and
 * again. It runs in rounds, each with the 32 best free partners of every feature that is left; a pair is taken only when
 * no longer list could have offered a better one, so the result is that of the full table. (The Hungarian method would
 * maximise the sum of cosines instead; at 5,120 features it takes hours.)
 *
 * @yields pairs so far
 * @throws `invalidInput` when the widths differ
 */
export async function* matchFeatures(
  ort: Ort,
  left: InstalledSae,
  right: InstalledSae,
  threadCount: number,
  signal: AbortSignal,
): AsyncGenerator<{ matchedCount: number; totalCount: number }, Omit<SaeComparison, 'inPicture'>> {
  const { dModel, nFeatures: leftCount } = left.manifest;
  const { nFeatures: rightCount } = right.manifest;
  if (right.manifest.dModel !== dModel) {
    throw invalidInput(
      `The SAEs are ${dModel} and ${right.manifest.dModel} wide; only SAEs of equal width can be matched.`,
    );
  }
  const rows = unitRows((await readSae(left.folder)).definition.decoder, dModel);
  const search = new RowSearch(ort, right, listSize, threadCount);
  const penalty = new Float32Array(rightCount);
  const totalCount = Math.min(leftCount, rightCount);
  const pairs: Candidate[] = [];
  let free = Array.from({ length: leftCount }, (_, id) => id);
  try {
    while (pairs.length < totalCount) {
      const candidates: Candidate[] = [];
      const lastOf = new Map<number, number>();
      for (let from = 0; from < free.length; from += search.rowsPerRun) {
        const ids = free.slice(from, from + search.rowsPerRun);
        const directions = new Float32Array(ids.length * dModel);
        ids.forEach((id, i) => {
          directions.set(rows.subarray(id * dModel, (id + 1) * dModel), i * dModel);
        });
        const found = await search.nearest(directions, penalty, signal);
        ids.forEach((id, i) => {
          for (let at = i * found.list; at < (i + 1) * found.list; at++) {
            const cosine = found.values[at]!;
            if (cosine > -taken / 2) candidates.push({ left: id, right: found.ids[at]!, cosine });
            lastOf.set(id, cosine);
          }
        });
        yield { matchedCount: pairs.length, totalCount };
      }
      const matched = takeBest(candidates, lastOf);
      for (const { right: id } of matched) penalty[id] = taken;
      pairs.push(...matched);
      const gone = new Set(matched.map((pair) => pair.left));
      free = free.filter((id) => !gone.has(id));
      yield { matchedCount: pairs.length, totalCount };
    }
  } finally {
    await search.close();
  }
  const share = (least: number): number =>
    pairs.filter(({ cosine }) => cosine > least).length / totalCount;
  return {
    pairs: pairs.sort((a, b) => b.cosine - a.cosine || a.left - b.left),
    meanCosine: pairs.reduce((sum, { cosine }) => sum + cosine, 0) / totalCount,
    shareAbove07: share(0.7),
    shareAbove09: share(0.9),
    leftCount,
    rightCount,
  };
}

/** Takes pairs from the best down, as far as the lists are sure to hold the best free partner. */
function takeBest(candidates: Candidate[], lastOf: ReadonlyMap<number, number>): Candidate[] {
  candidates.sort((a, b) => b.cosine - a.cosine || a.left - b.left || a.right - b.right);
  const left = new Map<number, number>(); // entries of its list that are not yet seen
  for (const candidate of candidates) left.set(candidate.left, (left.get(candidate.left) ?? 0) + 1);
  const done = new Set<number>();
  const used = new Set<number>();
  const matched: Candidate[] = [];
  let bound = -Infinity;
  for (const candidate of candidates) {
    if (candidate.cosine < bound) break;
    left.set(candidate.left, left.get(candidate.left)! - 1);
    if (!done.has(candidate.left) && !used.has(candidate.right)) {
      done.add(candidate.left);
      used.add(candidate.right);
      matched.push(candidate);
    } else if (!done.has(candidate.left) && left.get(candidate.left) === 0) {
      // Its partners are all gone: what comes next on its list may be as good as the last one on it.
      bound = Math.max(bound, lastOf.get(candidate.left)!);
    }
  }
  return matched;
}
