import { resolve } from 'node:path';
import type { CollectParams, CollectPlan } from '../../../protocol/collect.ts';
import type { Settled } from '../../../protocol/provider.ts';
import { invalidInput, modelError } from '../../../protocol/errors.ts';
import type { BlockDescription } from '../../../protocol/features.ts';
import { paperBlocks } from '../../../protocol/paperBlocks.ts';
import { pixelsPerCell } from '../../models/describeModel.ts';
import { seedMax } from '../../models/limits.ts';
import type { ModelFolder } from '../../models/modelFolder.ts';
import { checkRequest } from '../../pipeline/checkRequest.ts';
import { freeSpace } from '../../store/freeSpace.ts';
import { thumbnailSize } from '../../store/thumbnailPng.ts';
import type { PromptSource } from '../prompts/promptSource.ts';
import type { CollectedBlock } from './collectedSet.ts';
import { updateBytesOf } from './collectedShard.ts';
import { countCollected } from './collectedWriter.ts';
import type { CollectionManifest } from './collectionManifest.ts';
import { stageCells } from './stageCells.ts';

/** What of a set's manifest is known before the model's files were hashed. */
export type CollectionFacts = Omit<CollectionManifest, 'model' | 'versions'>;

/** More would take years, and longer names. */
const pictureCountMax = 10_000_000;
const batchSizeMax = 256;
const batchSizeDefault = 16;
/** Updates of a batch, which are in memory at once. */
const batchBytesWanted = 2 ** 25;
/** Larger pictures are halved before they are kept. */
const pictureSideMax = 512;
/** A PNG of noise is this much larger than its pixels; none is larger. */
const pngOverhead = 1.01;
/** Of headers, rows and what the file system adds. */
const bytesPerPicture = 8192;
/** Stays free for everything else on the disk. */
const reserveBytes = 256 * 2 ** 20;

/**
 * Completes and checks what is asked for.
 *
 * @throws `invalidInput` naming the value and the allowed range
 */
export function settleCollection(
  params: Settled<CollectParams>,
  model: ModelFolder,
  stages: readonly BlockDescription[],
  source: PromptSource,
): CollectionFacts {
  const { defaults, limits } = model.description;
  const { picturesPerPrompt = 1, firstSeed = 0, seedRule = 'consecutive' } = params;
  const request = {
    prompt: '',
    negativePrompt: params.negativePrompt ?? '',
    seed: firstSeed,
    steps: params.steps ?? defaults.steps,
    guidanceScale: params.guidanceScale ?? defaults.guidanceScale,
    scheduler: params.scheduler ?? defaults.scheduler,
    width: params.width ?? defaults.width,
    height: params.height ?? defaults.height,
  };
  checkRequest(request, limits);
  checkWhole('picturesPerPrompt', picturesPerPrompt, 1, pictureCountMax);
  const { steps: stepCount, guidanceScale, scheduler, negativePrompt, width, height } = request;
  const pictureCount = pictureCountOf(params.pictureCount, picturesPerPrompt, source);
  const distance = seedRule === 'consecutive' ? pictureCount : picturesPerPrompt;
  if (firstSeed + distance - 1 > seedMax) {
    throw invalidInput(
      `firstSeed is ${String(firstSeed)}; with ${String(distance)} seeds at most ${String(seedMax - distance + 1)} is allowed.`,
    );
  }
  const steps = stepsOf(params.recordedSteps, stepCount);
  const blocks = blocksOf(params.blocks, stages).map(
    ({ block, path, width: dModel }): CollectedBlock => {
      if (dModel === 0) throw modelError(`The width of the stage ${block} cannot be told.`);
      const cell = pixelsPerCell(model.vaeDecoder.config);
      const latents = { height: height / cell, width: width / cell };
      const levelCount = model.unet.config.down_block_types.length;
      return { block, path, dModel, ...stageCells(path, levelCount, latents) };
    },
  );
  const fitting = Math.floor(batchBytesWanted / updateBytesOf(blocks, steps));
  const batchSize = params.batchSize ?? Math.max(1, Math.min(batchSizeDefault, fitting));
  checkWhole('batchSize', batchSize, 1, batchSizeMax);
  const file = thumbnailSize(width, height, pictureSideMax);
  const { kind, name, sha256, column, seed } = source;
  return {
    version: 1,
    provider: params.provider,
    ...{ blocks, steps, stepCount, scheduler, guidanceScale, negativePrompt, width, height },
    pictureWidth: file.width,
    pictureHeight: file.height,
    dtype: 'float16',
    prompts: {
      ...{ kind, name, sha256, picturesPerPrompt },
      ...(column === undefined ? {} : { column }),
      ...(seed === undefined ? {} : { seed }),
    },
    seeds: { rule: seedRule, first: firstSeed },
    pictureCount,
    batchSize,
  };
}

/**
 * What a set will take on disk, and whether there is room.
 *
 * @throws `invalidInput` for a folder that cannot be used
 */
export async function planCollection(
  dir: string,
  facts: CollectionFacts,
  source: PromptSource,
): Promise<CollectPlan> {
  const folder = resolve(dir);
  const { blocks, steps, pictureCount, pictureWidth, pictureHeight, prompts } = facts;
  const savedCount = await countCollected(folder, facts);
  const updateBytes = updateBytesOf(blocks, steps) * pictureCount;
  const pictureBytes = Math.ceil(pictureWidth * pictureHeight * 3 * pngOverhead) * pictureCount;
  const wholeBytes = updateBytes + pictureBytes + bytesPerPicture * pictureCount;
  const missingBytes = Math.ceil((wholeBytes * (pictureCount - savedCount)) / pictureCount);
  const freeBytes = await freeSpace(folder);
  const { stepCount, guidanceScale, width, height, batchSize } = facts;
  return {
    dir: folder,
    ...{ pictureCount, savedCount, stepCount, guidanceScale, width, height, batchSize },
    ...(source.promptCount === undefined ? {} : { promptCount: source.promptCount }),
    promptsName: prompts.name,
    ...(prompts.column === undefined ? {} : { column: prompts.column }),
    blocks: blocks.map(({ block }) => block),
    recordedSteps: steps,
    ...{ updateBytes, pictureBytes, missingBytes, freeBytes },
    isTooLarge: missingBytes > Math.max(0, freeBytes - reserveBytes),
  };
}

function pictureCountOf(
  wanted: number | undefined,
  picturesPerPrompt: number,
  { promptCount, name }: PromptSource,
): number {
  if (promptCount === undefined) {
    if (wanted === undefined) {
      throw invalidInput('A grammar has no end: say how many pictures to make (pictureCount).');
    }
    checkWhole('pictureCount', wanted, 1, pictureCountMax);
    return wanted;
  }
  const all = Math.min(promptCount * picturesPerPrompt, pictureCountMax);
  const pictureCount = wanted ?? all;
  checkWhole(
    `pictureCount for the ${String(promptCount)} prompts of ${name}`,
    pictureCount,
    1,
    all,
  );
  return pictureCount;
}

function stepsOf(wanted: readonly number[] | undefined, stepCount: number): readonly number[] {
  if (wanted === undefined || wanted.length === 0) {
    return Array.from({ length: stepCount }, (_, step) => step);
  }
  for (const step of wanted) checkWhole('A recorded step index', step, 0, stepCount - 1);
  return [...new Set(wanted)].sort((a, b) => a - b);
}

function blocksOf(
  wanted: readonly string[] | undefined,
  stages: readonly BlockDescription[],
): readonly BlockDescription[] {
  if (wanted === undefined || wanted.length === 0) {
    const usual = stages.filter(({ block }) => paperBlocks.some(({ name }) => name === block));
    return usual.length > 0 ? usual : stages;
  }
  const paths = new Set(
    wanted.map((name) => {
      const path = name.replace(/^unet\./, '');
      const stage = stages.find((one) => one.block === name || one.path === path);
      if (stage) return stage.path;
      const known = stages.map(({ block }) => block).join(', ');
      throw invalidInput(`There is no block "${name}"; the model has ${known}.`);
    }),
  );
  return stages.filter(({ path }) => paths.has(path));
}

function checkWhole(name: string, value: number, smallest: number, largest: number): void {
  if (Number.isInteger(value) && value >= smallest && value <= largest) return;
  throw invalidInput(
    `${name} is ${String(value)}; allowed are whole numbers from ${String(smallest)} to ${String(largest)}.`,
  );
}
