import type { InstalledSae } from '../../models/sae/installedSaes.ts';
import { readSae } from '../../models/sae/saeStore.ts';
import type { Ort } from '../../ort/ort.ts';
import { RowSearch, unitRows } from './nearestRows.ts';

export interface Neighbour {
  readonly stagePath: string;
  readonly id: number;
  readonly cosine: number;
}

export interface NeighbourLists {
  /** By feature: nearest first, itself left out. */
  readonly own: readonly (readonly Neighbour[])[];
  readonly elsewhere: readonly (readonly Neighbour[])[];
}

const ownKept = 10;
const elsewhereKept = 3;

/**
 * Nearest decoder rows by cosine, in the SAE itself and in those of other blocks that have the same width.
 *
 * @yields features done, over all SAEs
 */
export async function* findNeighbours(
  ort: Ort,
  sae: InstalledSae,
  others: readonly InstalledSae[],
  threadCount: number,
  signal: AbortSignal,
): AsyncGenerator<{ done: number; total: number }, NeighbourLists> {
  const { dModel, nFeatures } = sae.manifest;
  const { definition } = await readSae(sae.folder);
  const rows = unitRows(definition.decoder, dModel);
  const lists = {
    own: Array.from({ length: nFeatures }, (): Neighbour[] => []),
    elsewhere: Array.from({ length: nFeatures }, (): Neighbour[] => []),
  };
  const searched = [sae, ...others.filter((other) => other.manifest.dModel === dModel)];
  const total = searched.length * nFeatures;
  let done = 0;
  for (const other of searched) {
    const isOwn = other === sae;
    const search = new RowSearch(ort, other, isOwn ? ownKept + 1 : elsewhereKept, threadCount);
    const penalty = new Float32Array(other.manifest.nFeatures);
    try {
      for (let from = 0; from < nFeatures; from += search.rowsPerRun) {
        const to = Math.min(nFeatures, from + search.rowsPerRun);
        const found = await search.nearest(
          rows.subarray(from * dModel, to * dModel),
          penalty,
          signal,
        );
        for (let id = from; id < to; id++) {
          const list = isOwn ? lists.own[id]! : lists.elsewhere[id]!;
          for (let place = 0; place < found.list; place++) {
            const at = (id - from) * found.list + place;
            const neighbour = found.ids[at]!;
            if (isOwn && (neighbour === id || list.length === ownKept)) continue;
            const { stagePath } = other;
            list.push({ stagePath, id: neighbour, cosine: found.values[at]! });
          }
        }
        done += to - from;
        yield { done, total };
      }
    } finally {
      await search.close();
    }
  }
  for (const list of lists.elsewhere) list.sort((a, b) => b.cosine - a.cosine);
  return lists;
}
