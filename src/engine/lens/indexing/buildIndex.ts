import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { invalidInput } from '../../../protocol/errors.ts';
import type { IndexProgress } from '../../../protocol/indexes.ts';
import type { InstalledSae } from '../../models/sae/installedSaes.ts';
import type { Ort } from '../../ort/ort.ts';
import { copyThumbnail } from '../../store/copyThumbnail.ts';
import { takeStorageLock } from '../../store/fileLock.ts';
import { IndexBuild, IndexReader, type StoredPicture } from '../../store/indexDatabase.ts';
import { identityOf, type IndexFacts } from '../../store/indexFacts.ts';
import type { CollectedBlock, CollectedSet } from '../collected/collectedSet.ts';
import { encodePictures } from './encodePictures.ts';
import { examplesOf } from './examplesOf.ts';
import type { IndexShape } from './featureSums.ts';
import { storedFeature } from './featureRecord.ts';
import { factsOf } from './indexFacts.ts';
import { IndexState } from './indexState.ts';
import { makeMaps } from './makeMaps.ts';
import { findNeighbours } from './neighbours.ts';
import { qualityOf } from './qualityOf.ts';
import { SaeEncoder } from './saeEncoder.ts';

export interface BuildOptions {
  readonly ort: Ort;
  readonly set: CollectedSet;
  readonly block: CollectedBlock;
  readonly sae: InstalledSae;
  /** Of the model's other blocks: neighbours are looked for there too. */
  readonly others: readonly InstalledSae[];
  /** The finished index: `<dir>/<block>.db`. */
  readonly path: string;
  /** Where locks are. */
  readonly storageDir: string;
  readonly exampleLimit: number;
  readonly examplesPerInterval: number;
  readonly thumbnailSize: number | undefined;
  readonly threadCount: number;
  /** Pictures between two acknowledgements, about; a kill loses at most so many. */
  readonly picturesPerBatch?: number;
  readonly signal: AbortSignal;
  /** Called before a finished index is replaced: readers let go of it. */
  readonly beforePublish?: () => void;
}

type BlockProgress = Pick<IndexProgress, 'phase' | 'done' | 'total'>;
const picturesPerBatch = 256;
const cellsMax = 65_535;
const stepsMax = 255;

/**
 * Indexes one SAE over a collected set. What was acknowledged before a kill is kept: the next call with the same set,
 * SAE and options goes on there and ends with the same index, value for value.
 *
 * @throws `invalidInput` for a set that is empty or does not fit the SAE, and while another job makes the same index; `model` for damaged files; `cancelled`
 */
export async function* buildIndex(options: BuildOptions): AsyncGenerator<BlockProgress> {
  const { path } = options;
  const shape = shapeOf(options);
  const facts = factsOf(options, shape);
  await mkdir(dirname(path), { recursive: true });
  if (isMade(path, identityOf(facts))) return;
  const lock = takeStorageLock(options.storageDir, path);
  if (!lock) throw invalidInput(`Another job is making the index "${path}".`);
  let build: IndexBuild | undefined;
  try {
    build = new IndexBuild(path);
    if (build.meta['identity'] !== identityOf(facts)) build.clear();
    if (build.meta['finishedAt'] === undefined) {
      yield* makeIndex(build, shape, facts, options);
    }
    options.beforePublish?.();
    build.publish();
  } finally {
    build?.close();
    lock.release();
  }
}

async function* makeIndex(
  build: IndexBuild,
  shape: IndexShape,
  facts: IndexFacts,
  options: BuildOptions,
): AsyncGenerator<BlockProgress> {
  const { ort, set, block, sae, others, threadCount, signal } = options;
  const state = new IndexState(shape);
  const { vocabulary, donePictures, listSize } = build.meta;
  if (vocabulary !== undefined) {
    state.restore((name) => build.array(name), vocabulary, Number(donePictures));
  }
  const encoder = await SaeEncoder.open(ort, sae, {
    provider: 'cpu',
    threadCount,
    ...(listSize === undefined ? {} : { listSize: Number(listSize) }),
  });
  try {
    const batch = options.picturesPerBatch ?? picturesPerBatch;
    for await (const isBatch of encodePictures(state, encoder, set, block, batch, signal)) {
      if (isBatch) {
        build.acknowledge(state.arrays(), {
          identity: identityOf(facts),
          donePictures: String(state.donePictures),
          vocabulary: state.vocabulary.toJson(),
          listSize: String(encoder.listSize),
        });
      }
      yield { phase: 'encoding', done: state.donePictures, total: shape.pictureCount };
    }
    const chosen = Array.from({ length: shape.nFeatures }, (_, id) => examplesOf(state, id));
    yield* makeMaps(build, encoder, set, block, shape, chosen, signal);

    const search = findNeighbours(ort, sae, others, threadCount, signal);
    let found = await search.next();
    for (; found.done !== true; found = await search.next()) {
      yield { phase: 'neighbours', ...found.value };
    }
    const neighbours = found.value;

    const shown = new Set<number>();
    for (const { intervals, hardNegatives, randomNegatives } of chosen) {
      for (const { peaks } of intervals) for (const { picture } of peaks) shown.add(picture);
      for (const { picture } of hardNegatives) shown.add(picture);
      for (const picture of randomNegatives) shown.add(picture);
    }
    const pictures: StoredPicture[] = [];
    for await (const picture of keepPictures(shown, options)) {
      pictures.push(picture);
      yield { phase: 'thumbnails', done: pictures.length, total: shown.size };
    }

    yield { phase: 'writing', done: 0, total: 1 };
    const features = function* () {
      for (const [id, examples] of chosen.entries()) {
        yield storedFeature(id, state, examples, neighbours, ({ picture, step }) =>
          build.map(id, picture, step),
        );
      }
    };
    const quality = qualityOf(state, neighbours, set.manifest.steps);
    build.write(features(), pictures, {
      identity: identityOf(facts),
      facts: JSON.stringify(facts),
      quality: JSON.stringify(quality),
      finishedAt: new Date().toISOString(),
    });
    yield { phase: 'writing', done: 1, total: 1 };
  } finally {
    await encoder.close();
  }
}

/** Whether this very index is there already. */
function isMade(path: string, identity: string): boolean {
  if (!existsSync(path)) return false;
  const reader = new IndexReader(path);
  try {
    return reader.meta['identity'] === identity;
  } finally {
    reader.close();
  }
}

function shapeOf({ set, block, sae, ...options }: BuildOptions): IndexShape {
  const { dModel, nFeatures } = sae.manifest;
  const cellCount = block.cellsHigh * block.cellsWide;
  if (set.pictureCount === 0) throw invalidInput('The collected set has no pictures yet.');
  if (block.dModel !== dModel) {
    throw invalidInput(
      `The SAE of ${block.block} reads ${dModel} channels; the set's updates have ${block.dModel}.`,
    );
  }
  if (cellCount > cellsMax || set.manifest.steps.length > stepsMax) {
    throw invalidInput(
      `The set has ${cellCount} cells and ${set.manifest.steps.length} steps; at most ${cellsMax} and ${stepsMax} can be indexed.`,
    );
  }
  return {
    nFeatures,
    dModel,
    cellCount,
    stepCount: set.manifest.steps.length,
    pictureCount: set.pictureCount,
    exampleLimit: Math.min(options.exampleLimit, set.pictureCount),
    examplesPerInterval: options.examplesPerInterval,
  };
}

/** Copies the pictures that are shown into `pictures/` beside the index. */
async function* keepPictures(
  shown: ReadonlySet<number>,
  { set, path, thumbnailSize, signal }: BuildOptions,
): AsyncGenerator<StoredPicture> {
  const folder = join(dirname(path), 'pictures');
  await mkdir(folder, { recursive: true });
  for (const index of [...shown].sort((a, b) => a - b)) {
    signal.throwIfAborted();
    const [picture] = await set.pictures(index, index + 1);
    if (!picture) throw invalidInput(`The collected set has no picture ${index}.`);
    const name = `${index}${extname(basename(picture.file)) || '.png'}`;
    await copyThumbnail(join(set.dir, picture.file), join(folder, name), thumbnailSize);
    yield { picture: index, prompt: picture.prompt, seed: picture.seed, file: name };
  }
}
