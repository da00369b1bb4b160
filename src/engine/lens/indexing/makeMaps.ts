import type { IndexProgress } from '../../../protocol/indexes.ts';
import { encodeMap } from '../../store/featureDetail.ts';
import type { IndexBuild } from '../../store/indexDatabase.ts';
import type { CollectedBlock, CollectedSet } from '../collected/collectedSet.ts';
import type { ChosenExamples } from './examplesOf.ts';
import type { IndexShape } from './featureSums.ts';
import type { EncodedCells, SaeEncoder } from './saeEncoder.ts';

/** Maps between two acknowledgements. */
const mapsPerBatch = 5000;

interface Wanted {
  readonly picture: number;
  readonly step: number;
  /** Features whose maps are wanted, with the peak in this picture. */
  readonly features: { readonly id: number; readonly peak: number }[];
}

/**
 * Makes the maps of all chosen examples: each of their pictures is encoded once more. Maps go to disk batch by batch, so
 * memory does not grow with them.
 */
export async function* makeMaps(
  build: IndexBuild,
  encoder: SaeEncoder,
  set: CollectedSet,
  block: CollectedBlock,
  shape: IndexShape,
  chosen: readonly ChosenExamples[],
  signal: AbortSignal,
): AsyncGenerator<Pick<IndexProgress, 'phase' | 'done' | 'total'>> {
  const wanted = wantedMaps(chosen);
  const shift = new Float32Array(shape.dModel);
  let done = Number(build.meta['doneMaps'] ?? 0);
  let batch: Parameters<IndexBuild['addMaps']>[0][number][] = [];
  for (; done < wanted.length; done++) {
    signal.throwIfAborted();
    const { picture, step, features } = wanted[done]!;
    const stepIndex = set.manifest.steps[step]!;
    const hidden = await set.updates(block.block, stepIndex, picture, picture + 1);
    const encoded = await encoder.encode(hidden, shift, signal);
    for (const { id, peak } of features) {
      batch.push({ feature: id, picture, step, map: mapOf(encoded, encoder, id, peak) });
    }
    if (batch.length >= mapsPerBatch || done + 1 === wanted.length) {
      build.addMaps(batch, { doneMaps: String(done + 1) });
      batch = [];
    }
    yield { phase: 'maps', done: done + 1, total: wanted.length };
  }
}

/** By picture and step, ascending. */
function wantedMaps(chosen: readonly ChosenExamples[]): readonly Wanted[] {
  const wanted = new Map<string, Wanted>();
  chosen.forEach(({ intervals }, id) => {
    const seen = new Set<number>();
    for (const { picture, step, value } of intervals.flatMap(({ peaks }) => peaks)) {
      if (seen.has(picture)) continue;
      seen.add(picture);
      const key = `${picture}/${step}`;
      let entry = wanted.get(key);
      if (!entry) wanted.set(key, (entry = { picture, step, features: [] }));
      entry.features.push({ id, peak: value });
    }
  });
  return [...wanted.values()].sort((a, b) => a.picture - b.picture || a.step - b.step);
}

function mapOf(
  { listSize, ids, values }: EncodedCells,
  encoder: SaeEncoder,
  id: number,
  peak: number,
): Uint8Array {
  const cells: number[] = [];
  const levels: number[] = [];
  for (let at = ids.indexOf(id); at >= 0; at = ids.indexOf(id, at + 1)) {
    const value = values[at]!;
    if (!encoder.isActive(value, id, at % listSize)) continue;
    cells.push(Math.floor(at / listSize));
    levels.push(Math.min(255, Math.max(1, Math.round((value / peak) * 255))));
  }
  return encodeMap({ cells: Uint16Array.from(cells), levels: Uint8Array.from(levels) });
}
