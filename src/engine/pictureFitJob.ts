import { isAbsolute } from 'node:path';
import * as z from 'zod';
import { invalidInput } from '../protocol/errors.ts';
import {
  pictureFitKind,
  type PictureFitParams,
  pictureFitPrompts as counts,
} from '../protocol/pictureFit.ts';
import { providers, type Settled } from '../protocol/provider.ts';
import type { JobKind } from './jobs/jobKind.ts';
import {
  type FitProgress,
  type FitTask,
  measurePictureFit,
} from './lens/fidelity/measurePictureFit.ts';
import { type FitChoice, fitDir } from './lens/fidelity/pictureFitFiles.ts';
import { openPrompts } from './lens/prompts/openPrompts.ts';
import type { PromptSource } from './lens/prompts/promptSource.ts';
import { issuesOf } from './models/modelFiles.ts';
import type { Models } from './models.ts';

const path = z.string().refine(isAbsolute, { error: 'must be an absolute path' });
const seed = z.int().min(0).max(0xffffffff);

const schema: z.ZodType<Settled<PictureFitParams>> = z.strictObject({
  modelDir: path,
  provider: z.enum(providers),
  prompts: z.union([
    z.strictObject({ file: path, column: z.string().optional() }),
    z.strictObject({ grammar: path.nullable(), seed }),
  ]),
  promptCount: z.int().min(counts.min).max(counts.max).optional(),
  blocks: z.array(z.string()).min(1).optional(),
  firstSeed: seed.max(0xffffffff - counts.max).optional(),
});

interface Ports {
  readonly models: Models;
  readonly storageDir: string;
}

/** The job that measures how well SAEs rebuild what the picture needs; what it finds is part of the quality report. */
export function pictureFitJob({
  models,
  storageDir,
}: Ports): JobKind<Settled<PictureFitParams>, FitProgress> {
  return {
    kind: pictureFitKind,
    check: (params) => {
      const parsed = schema.safeParse(params);
      if (parsed.success) return parsed.data;
      throw invalidInput(`The job cannot be started: ${issuesOf(parsed.error)}`);
    },
    titleOf: ({ blocks, promptCount }) =>
      `SAE quality in the picture, ${blocks?.join(', ') ?? 'all blocks'}` +
      (promptCount === undefined ? '' : ` on ${promptCount} prompts`),
    describe: ({ doneCount, totalCount }) => ({
      ...{ phase: 'Measuring', doneCount, totalCount, unit: 'pictures' },
    }),
    run: async function* (params, { signal, takeTurn }) {
      const tasks = await settle(params, { models, storageDir }, signal);
      const { modelDir, provider } = params;
      yield* measurePictureFit(tasks, {
        signal,
        turn: (work) => models.turnOfJob({ modelDir, provider }, { signal, takeTurn }, work),
      });
      const promptCount = tasks[0]?.choice.prompts.length ?? 0;
      return {
        summary: `${tasks.map(({ choice }) => choice.block).join(', ')} on ${promptCount} prompts`,
      };
    },
  };
}

/** @throws `invalidInput`, `model` */
async function settle(
  { modelDir, provider, prompts, promptCount, blocks, firstSeed = 0 }: Settled<PictureFitParams>,
  { models, storageDir }: Ports,
  signal: AbortSignal,
): Promise<readonly FitTask[]> {
  const able = (await models.listBlocks(modelDir)).filter(({ sae }) => sae !== null);
  const unknown = blocks?.find((name) => !able.some(({ block }) => block === name));
  if (able.length === 0 || unknown !== undefined) {
    const names = able.map(({ block }) => block).join(', ') || 'none';
    throw invalidInput(
      `Blocks with an SAE: ${names}; wanted: ${blocks?.join(', ') ?? 'all'}. Import or train one first.`,
    );
  }
  const source = await openPrompts(prompts, modelDir, signal);
  const { defaults } = await models.describe(modelDir);
  const { hashes } = await models.identify(modelDir, signal);
  const { guidanceScale, scheduler, steps, width, height } = defaults;
  const shared: Omit<FitChoice, 'block'> = {
    version: 1,
    promptsName: source.title,
    prompts: await take(source, promptCount, firstSeed),
    picture: { negativePrompt: '', guidanceScale, scheduler, steps, width, height },
    ...{ hashes, provider },
  };
  return able
    .filter(({ block }) => blocks?.includes(block) ?? true)
    .flatMap(({ block, sae }) => {
      if (!sae) return [];
      const choice = { ...shared, block };
      const { sha256: saeSha256 } = sae;
      return [{ dir: fitDir(storageDir, saeSha256, choice), saeSha256, choice }];
    });
}

async function take(
  source: PromptSource,
  wanted: number | undefined,
  firstSeed: number,
): Promise<FitChoice['prompts']> {
  const count = wanted ?? counts.default;
  const prompts: FitChoice['prompts'] = [];
  for await (const prompt of source.read(0)) {
    prompts.push({ prompt, seed: firstSeed + prompts.length });
    if (prompts.length === count) break;
  }
  if (prompts.length >= (wanted ?? counts.min)) return prompts;
  throw invalidInput(
    `${source.title} has ${prompts.length} prompts; ${wanted ?? `at least ${counts.min}`} are wanted.`,
  );
}
