import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { IndexSummary } from '../../../protocol/indexes.ts';
import type { InstalledSae } from '../../models/sae/installedSaes.ts';
import { IndexReader } from '../../store/indexDatabase.ts';
import { parseIndexFacts } from '../../store/indexFacts.ts';
import { shippedLabelsName } from '../../store/shippedLabels.ts';

/** Where indexes of a model may lie: in its own folder, and in the storage, one folder a collected set. */
export const shippedDir = (modelDir: string): string => join(modelDir, 'index');
export const storedDir = (storageDir: string): string => join(storageDir, 'indexes');

export interface FoundIndex {
  readonly summary: IndexSummary;
  /** diffusers path of the stage. */
  readonly stagePath: string;
  /** Of the SAE that it is for. */
  readonly saeFolder: string;
  /** Changes when the index or the labels beside the SAE do. */
  readonly stamp: string;
}

type IndexFile = Omit<FoundIndex, 'saeFolder'>;

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
      const sae = saes.find((each) => isFor(index, each));
      if (sae) found.push(await withLabels(index, sae.folder));
    } catch (error) {
      onProblem((error as Error).message);
    }
  }
  return found;
}

async function withLabels(index: IndexFile, saeFolder: string): Promise<FoundIndex> {
  const stamp = `${index.stamp} ${await fileStamp(join(saeFolder, shippedLabelsName))}`;
  return { ...index, saeFolder, stamp };
}

const isFor = ({ summary, stagePath }: IndexFile, sae: InstalledSae): boolean =>
  sae.stagePath === stagePath && sae.manifest.weights.sha256 === summary.saeSha256;

async function readSummary(path: string, isShipped: boolean): Promise<IndexFile> {
  const stamp = await fileStamp(path);
  const reader = new IndexReader(path);
  try {
    const { block, path: stagePath, ...facts } = parseIndexFacts(reader.meta);
    return {
      stagePath,
      stamp: `${path} ${stamp}`,
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

/** Size and time of a file; empty when there is none. */
async function fileStamp(path: string): Promise<string> {
  const facts = await stat(path).catch(() => undefined);
  return facts ? `${facts.size} ${facts.mtimeMs}` : '';
}

async function foldersIn(dir: string): Promise<readonly string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(dir, name));
}
