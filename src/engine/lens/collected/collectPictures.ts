import type { Picture, Truncation } from '../../../protocol/engine.ts';
import { modelError } from '../../../protocol/errors.ts';
import type { LogLevel } from '../../../protocol/log.ts';
import type { PictureRequest } from '../../pipeline/checkRequest.ts';
import type { StageSample, StageWatch } from '../../pipeline/stageSamples.ts';
import type { PromptSource } from '../prompts/promptSource.ts';
import type { CollectedBlock } from './collectedSet.ts';
import { CollectedWriter } from './collectedWriter.ts';
import type { CollectionManifest } from './collectionManifest.ts';

export type CollectProgress =
  | { readonly phase: 'preparing' }
  | {
      readonly phase: 'collecting';
      /** Pictures made; `savedCount` of them are safely on disk. */
      readonly doneCount: number;
      readonly savedCount: number;
      readonly pictureCount: number;
    };

export interface CollectPorts {
  readonly source: PromptSource;
  /** Makes one picture, and gives out what the watched stages do. A step may be told twice: the last time counts. */
  readonly makePicture: (
    request: PictureRequest,
    watch: StageWatch,
    onStages: (stepIndex: number, stages: readonly StageSample[]) => void,
  ) => Promise<{ readonly picture: Picture; readonly truncations: readonly Truncation[] }>;
  readonly log: (level: LogLevel, text: string) => void;
}

/**
 * Makes the pictures of a set that are not there yet, one after the other, and keeps them with the updates of their
 * stages. Whenever it stops, whatever stops it, running it again gives the same set, byte for byte, on the same machine
 * with the same versions. Memory does not grow with the number of pictures.
 *
 * @returns pictures made in this run, and how many prompts were longer than the model reads
 */
export async function* collectPictures(
  dir: string,
  manifest: CollectionManifest,
  { source, makePicture, log }: CollectPorts,
): AsyncGenerator<CollectProgress, { madeCount: number; truncatedCount: number }> {
  yield { phase: 'preparing' };
  const writer = await CollectedWriter.open(dir, manifest);
  const { pictureCount } = manifest;
  const firstIndex = writer.savedCount;
  if (firstIndex > 0) log('info', `goes on after ${firstIndex} of ${pictureCount} pictures`);
  const progress = (): CollectProgress => ({
    phase: 'collecting',
    doneCount: writer.pictureCount,
    savedCount: writer.savedCount,
    pictureCount,
  });
  let truncatedCount = 0;
  try {
    yield progress();
    for await (const request of requestsOf(manifest, source, firstIndex)) {
      const steps = new Map<number, readonly StageSample[]>();
      const watch = {
        updates: manifest.blocks.map(({ path }) => path),
        outputs: [],
        readCodes: false,
      };
      const made = await makePicture(request, watch, (stepIndex, stages) => {
        if (manifest.steps.includes(stepIndex)) steps.set(stepIndex, stages);
      });
      const [cut] = made.truncations;
      if (cut) {
        if (truncatedCount++ === 0) {
          log(
            'warn',
            `a prompt is longer than the model reads (${cut.tokenLimit} tokens): "${request.prompt}"`,
          );
        }
      }
      const updates = manifest.blocks.map((block) =>
        manifest.steps.map((step) => updateOf(block, step, steps.get(step))),
      );
      const { prompt, seed } = request;
      await writer.add({ prompt, seed, picture: made.picture, updates });
      yield progress();
    }
    return { madeCount: writer.savedCount - firstIndex, truncatedCount };
  } finally {
    writer.close();
  }
}

/** What each picture is made from, from one on. */
async function* requestsOf(
  manifest: CollectionManifest,
  source: PromptSource,
  firstIndex: number,
): AsyncGenerator<PictureRequest> {
  const { prompts, seeds, pictureCount, stepCount: steps } = manifest;
  const { guidanceScale, scheduler, negativePrompt, width, height } = manifest;
  const { picturesPerPrompt } = prompts;
  let index = firstIndex;
  if (index >= pictureCount) return;
  for await (const prompt of source.read(Math.floor(index / picturesPerPrompt))) {
    do {
      const place = seeds.rule === 'consecutive' ? index : index % picturesPerPrompt;
      const seed = seeds.first + place;
      yield { prompt, negativePrompt, seed, steps, guidanceScale, scheduler, width, height };
      index++;
      if (index >= pictureCount) return;
    } while (index % picturesPerPrompt !== 0);
  }
  throw modelError(`The prompts end after ${index} pictures; ${pictureCount} are wanted.`);
}

/** @throws `model` for a stage whose cells are not those that its place in the U-net promised */
function updateOf(
  { path, block, dModel, cellsHigh, cellsWide }: CollectedBlock,
  step: number,
  stages: readonly StageSample[] | undefined,
): Float32Array {
  const sample = stages?.find((stage) => stage.path === path);
  if (!sample?.update) throw modelError(`The stage ${block} gave nothing at step ${step + 1}.`);
  const got = [sample.width, sample.cellsHigh, sample.cellsWide];
  const expected = [dModel, cellsHigh, cellsWide];
  if (got.join() === expected.join()) return sample.update;
  throw modelError(
    `The stage ${block} gave [${got.join(', ')}]; its place in the U-net promised [${expected.join(', ')}].`,
  );
}
