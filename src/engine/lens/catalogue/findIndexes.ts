import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { IndexSummary } from '../../../protocol/indexes.ts';
import type { InstalledSae } from '../../models/sae/installedSaes.ts';
import { IndexReader } from '../../store/indexDatabase.ts';
import { parseIndexFacts } from '../../store/indexFacts.ts';

/** Where indexes of a model may lie: in its own folder, and in the storage, one folder a collected set. */
export const shippedDir = (modelDir: string): string => join(modelDir, 'index');
export const storedDir = (storageDir: string): string => join(storageDir, 'indexes');

export interface FoundIndex {
  readonly summary: IndexSummary;
  /** diffusers path of the stage. */
  readonly stagePath: string;
  /** Changes when the file does. */
  readonly stamp: string;
}

/**
 * Finished indexes of the given SAEs, those of the storage before shipped ones, newest first. Files that are no index,
 * or belong to another SAE, are passed over; the log gets the reason of those that cannot be read.
 */
export async function findIndexes(
  modelDir: string,
  storageDir: string,
  saes: readonly InstalledSae[],
  onProblem: (text: string) => void,
): Promise<readonly FoundIndex[]> {
  const stored = await foldersIn(storedDir(storageDir));
  const places = [
    ...stored.map((dir) => ({ dir, isShipped: false })),
    { dir: shippedDir(modelDir), isShipped: true },
  ];
  const found: FoundIndex[] = [];
  for (const { dir, isShipped } of places) {
    found.push(...(await findIndexesIn(dir, isShipped, saes, onProblem)));
  }
  return found.sort(
    (a, b) =>
      Number(a.summary.isShipped) - Number(b.summary.isShipped) ||
      (b.summary.finishedAt ?? '').localeCompare(a.summary.finishedAt ?? ''),
  );
}

/** Finished indexes of the given SAEs in one folder. */
export async function findIndexesIn(
  dir: string,
  isShipped: boolean,
  saes: readonly InstalledSae[],
  onProblem: (text: string) => void,
): Promise<readonly FoundIndex[]> {
  const found: FoundIndex[] = [];
  for (const name of await readdir(dir).catch(() => [])) {
    if (!name.endsWith('.db') || name.endsWith('.building.db')) continue;
    try {
      const index = await readSummary(join(dir, name), isShipped);
      if (saes.some((sae) => isFor(index, sae))) found.push(index);
    } catch (error) {
      onProblem((error as Error).message);
    }
  }
  return found;
}

const isFor = ({ summary, stagePath }: FoundIndex, sae: InstalledSae): boolean =>
  sae.stagePath === stagePath && sae.manifest.weights.sha256 === summary.saeSha256;

async function readSummary(path: string, isShipped: boolean): Promise<FoundIndex> {
  const { size, mtimeMs } = await stat(path);
  const reader = new IndexReader(path);
  try {
    const { block, path: stagePath, ...facts } = parseIndexFacts(reader.meta);
    return {
      stagePath,
      stamp: `${path} ${size} ${mtimeMs}`,
      summary: {
        path,
        isShipped,
        block,
        saeSha256: facts.saeSha256,
        nFeatures: facts.nFeatures,
        cellsHigh: facts.cellsHigh,
        cellsWide: facts.cellsWide,
        stepIndices: facts.stepIndices,
        pictureCount: facts.pictureCount,
        sampleCount:
          facts.pictureCount * facts.cellsHigh * facts.cellsWide * facts.stepIndices.length,
        setName: facts.setName,
        finishedAt: reader.meta['finishedAt'] ?? null,
      },
    };
  } finally {
    reader.close();
  }
}

async function foldersIn(dir: string): Promise<readonly string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(dir, name));
}
