import { createHash } from 'node:crypto';
import { readdir, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { invalidInput } from '../protocol/errors.ts';
import type { BuildIndexParams, IndexProgress, IndexSummary } from '../protocol/indexes.ts';
import { shippedDir, storedDir } from './lens/catalogue/findIndexes.ts';
import { type CollectedSet, openCollectedSet } from './lens/collected/collectedSet.ts';
import { buildIndex } from './lens/indexing/buildIndex.ts';
import type { FeatureIndexes } from './featureIndexes.ts';
import { hashModelFiles, type HashMemory } from './models/hash.ts';
import { readModelFolder } from './models/modelFolder.ts';
import type { Ort } from './ort/ort.ts';
import { IndexReader, removeIndexFiles } from './store/indexDatabase.ts';

export interface IndexJobPorts {
  readonly ort: Ort;
  readonly indexes: FeatureIndexes;
  readonly storageDir: string;
  readonly threadCount: number;
  readonly hashes: () => HashMemory;
}

/**
 * Indexes the SAEs of a model over a collected set, block after block. Finished blocks are passed over and an unfinished
 * one is gone on with, so the same call resumes what a kill or a cancel ended.
 *
 * @throws `invalidInput` for values out of range, a set of another model, or blocks without SAE or updates
 */
export async function* indexSaes(
  params: BuildIndexParams,
  { ort, indexes, storageDir, threadCount, hashes }: IndexJobPorts,
  signal: AbortSignal,
): AsyncGenerator<IndexProgress, readonly IndexSummary[]> {
  const { modelDir, setDir, exampleLimit, examplesPerInterval = 12, thumbnailSize } = params;
  checkRange('exampleLimit', exampleLimit, 1, 2 ** 31);
  checkRange('examplesPerInterval', examplesPerInterval, 1, 64);
  checkRange('thumbnailSize', thumbnailSize, 16, 512);
  const set = await openCollectedSet(setDir);
  await checkModel(modelDir, set, hashes());
  const saes = await indexes.saesOf(modelDir);
  const blocks = set.manifest.blocks.filter(({ block, path }) => {
    const isWanted = params.blocks?.some((name) => name === block || name === path) ?? true;
    return isWanted && saes.some(({ stagePath }) => stagePath === path);
  });
  if (blocks.length === 0 || (params.blocks && blocks.length < params.blocks.length)) {
    const able = set.manifest.blocks.filter(({ path }) =>
      saes.some(({ stagePath }) => stagePath === path),
    );
    throw invalidInput(
      `Blocks with an SAE and collected updates: ${able.map(({ block }) => block).join(', ') || 'none'}; wanted: ${params.blocks?.join(', ') ?? 'all'}.`,
    );
  }
  const outDir = resolve(params.outDir ?? join(storedDir(storageDir), folderName(set.dir)));
  for (const [blockIndex, block] of blocks.entries()) {
    const sae = saes.find(({ stagePath }) => stagePath === block.path)!;
    const build = buildIndex({
      ort,
      set,
      block,
      sae,
      others: saes.filter((other) => other !== sae),
      path: join(outDir, `${block.block}.db`),
      storageDir,
      exampleLimit: exampleLimit ?? set.pictureCount,
      examplesPerInterval,
      thumbnailSize,
      threadCount,
      signal,
      beforePublish: () => {
        indexes.closeAll();
      },
    });
    for await (const progress of build) {
      yield { ...progress, block: block.block, blockIndex, blockCount: blocks.length };
    }
  }
  const made = new Set(blocks.map(({ block }) => join(outDir, `${block}.db`)));
  return (await indexes.listIn(outDir, modelDir)).filter(({ path }) => made.has(path));
}

function checkRange(name: string, value: number | undefined, min: number, max: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= min && value <= max)) return;
  throw invalidInput(`${name} is ${value}; allowed are whole numbers from ${min} to ${max}.`);
}

/** An SAE over another model's updates would give figures that look right. */
async function checkModel(modelDir: string, set: CollectedSet, memory: HashMemory): Promise<void> {
  const { files } = await readModelFolder(modelDir);
  const hashes = await hashModelFiles(files, memory);
  for (const [name, hash] of Object.entries(set.manifest.model.hashes)) {
    if (!name.startsWith('unet/') || hashes[name] === hash) continue;
    throw invalidInput(
      `The set was collected from another model ("${set.manifest.model.id}"): ${name} differs.`,
    );
  }
}

/** Two sets of the same name in different places get different folders. */
const folderName = (setDir: string): string =>
  `${basename(setDir).replace(/[^\w.-]/g, '_')}-${createHash('sha256').update(setDir).digest('hex').slice(0, 8)}`;

/**
 * Removes one index of the storage, and pictures beside it that no other index shows.
 *
 * @throws `invalidInput` for a path that is no index of the storage
 */
export async function removeIndex(
  path: string,
  { indexes, storageDir }: Pick<IndexJobPorts, 'indexes' | 'storageDir'>,
): Promise<void> {
  const root = storedDir(resolve(storageDir)) + sep;
  const full = resolve(path);
  if (!full.startsWith(root) || !full.endsWith('.db')) {
    throw invalidInput(
      `"${path}" is no index that was made on this machine; those that came with a model (${basename(shippedDir(''))}/) stay.`,
    );
  }
  indexes.closeAll();
  removeIndexFiles(full);
  const dir = dirname(full);
  const shown = new Set<string>();
  for (const name of await readdir(dir).catch(() => [])) {
    if (!name.endsWith('.db') || name.endsWith('.building.db')) continue;
    const reader = new IndexReader(join(dir, name));
    for (const file of reader.files()) shown.add(file);
    reader.close();
  }
  const pictures = join(dir, 'pictures');
  for (const name of await readdir(pictures).catch(() => [])) {
    if (!shown.has(name)) await rm(join(pictures, name), { force: true });
  }
  if (shown.size > 0) return;
  await rmdir(pictures).catch(() => undefined);
  // An unfinished index may still lie there; then the folder stays.
  await rmdir(dir).catch(() => undefined);
}
