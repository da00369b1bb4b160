import { isAbsolute } from 'node:path';
import * as z from 'zod';
import { collectKind, type CollectParams } from '../protocol/collect.ts';
import { bytesText, inWords } from '../protocol/countText.ts';
import { FeaturescopeError, invalidInput } from '../protocol/errors.ts';
import { schedulerNames } from '../protocol/manifest.ts';
import { providers, type Settled } from '../protocol/provider.ts';
import type { JobKind } from './jobs/jobKind.ts';
import { type CollectProgress, collectPictures } from './lens/collected/collectPictures.ts';
import { seedRules } from './lens/collected/collectionManifest.ts';
import {
  type CollectionFacts,
  planCollection,
  settleCollection,
} from './lens/collected/planCollection.ts';
import { openPrompts } from './lens/prompts/openPrompts.ts';
import type { PromptSource } from './lens/prompts/promptSource.ts';
import { issuesOf } from './models/modelFiles.ts';
import { readModelFolder } from './models/modelFolder.ts';
import type { Models } from './models.ts';
import type { Ort } from './ort/ort.ts';

const whole = z.int();
const path = z.string().refine(isAbsolute, { error: 'must be an absolute path' });

/** Types only: ranges depend on the model, and are checked with it. */
const schema: z.ZodType<Settled<CollectParams>> = z.strictObject({
  modelDir: path,
  provider: z.enum(providers),
  dir: path,
  prompts: z.union([
    z.strictObject({ file: path, column: z.string().optional() }),
    z.strictObject({ grammar: path.nullable(), seed: whole.min(0).max(0xffffffff) }),
  ]),
  pictureCount: whole.optional(),
  picturesPerPrompt: whole.optional(),
  firstSeed: whole.optional(),
  seedRule: z.enum(seedRules).optional(),
  blocks: z.array(z.string()).optional(),
  steps: whole.optional(),
  recordedSteps: z.array(whole).optional(),
  guidanceScale: z.number().optional(),
  negativePrompt: z.string().optional(),
  scheduler: z.enum(schedulerNames).optional(),
  width: whole.optional(),
  height: whole.optional(),
  batchSize: whole.optional(),
});

/** @throws `invalidInput` naming the key */
export function checkCollectParams(params: unknown): Settled<CollectParams> {
  const parsed = schema.safeParse(params);
  if (parsed.success) return parsed.data;
  throw invalidInput(`The job cannot be started: ${issuesOf(parsed.error)}`);
}

/** Everything of a set that is known before its model was hashed. @throws `invalidInput`, `model` */
export async function settle(
  params: Settled<CollectParams>,
  models: Models,
  signal: AbortSignal,
): Promise<{ facts: CollectionFacts; source: PromptSource }> {
  const { modelDir, prompts } = params;
  const source = await openPrompts(prompts, modelDir, signal);
  const folder = await readModelFolder(modelDir);
  const stages = await models.listBlocks(modelDir);
  return { facts: settleCollection(params, folder, stages, source), source };
}

/** The job Collect: pictures with the updates of their stages, as a set on disk. */
export function collectJob({
  models,
  ort,
  version,
}: {
  readonly models: Models;
  readonly ort: Ort;
  /** Of Featurescope, for the manifest. */
  readonly version: string;
}): JobKind<Settled<CollectParams>, CollectProgress> {
  return {
    kind: collectKind,
    check: checkCollectParams,
    titleOf: ({ pictureCount }) =>
      pictureCount === undefined
        ? 'Collect all prompts'
        : `Collect ${inWords(pictureCount)} pictures`,
    describe: (progress) =>
      progress.phase === 'preparing'
        ? { phase: 'Preparing' }
        : {
            phase: 'Collecting',
            doneCount: progress.doneCount,
            totalCount: progress.pictureCount,
            unit: 'pictures',
          },
    run: async function* (params, { signal, takeTurn, log }) {
      yield { phase: 'preparing' };
      const { facts, source } = await settle(params, models, signal);
      const plan = await planCollection(params.dir, facts, source);
      if (plan.isTooLarge) {
        throw new FeaturescopeError(
          'invalidInput',
          `The disk would not hold the set: it needs up to ${bytesText(plan.missingBytes)}, and ` +
            `${bytesText(plan.freeBytes)} are free at "${plan.dir}" (256 MiB stay free).`,
        );
      }
      const onnxruntime = await takeTurn(() => ort.version());
      const versions = { featurescope: version, onnxruntime };
      const model = await models.identify(params.modelDir, signal);
      const { modelDir, provider } = params;
      const { madeCount, truncatedCount } = yield* collectPictures(
        plan.dir,
        { ...facts, model, versions },
        {
          source,
          makePicture: (request, watch, onStages) =>
            models.generateForJob(
              { modelDir, provider, ...request },
              { signal, takeTurn, watch, onStages },
            ),
          log,
        },
      );
      const size = bytesText(plan.updateBytes);
      const cut = truncatedCount > 0 ? `, ${inWords(truncatedCount)} with a prompt cut short` : '';
      log('info', `made ${inWords(madeCount)} pictures`);
      return {
        summary: `${size} of updates of ${inWords(plan.pictureCount)} pictures${cut}`,
        path: plan.dir,
      };
    },
  };
}
