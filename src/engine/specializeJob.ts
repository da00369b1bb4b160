import { isAbsolute } from 'node:path';
import * as z from 'zod';
import { countText } from '../protocol/countText.ts';
import { invalidInput } from '../protocol/errors.ts';
import { providers, type Settled } from '../protocol/provider.ts';
import { chartIds, specializeKind, type SpecializeParams } from '../protocol/specialization.ts';
import type { JobKind } from './jobs/jobKind.ts';
import { openPrompts } from './lens/prompts/openPrompts.ts';
import { measureReport, type ReportProgress } from './lens/specialization/measureReport.ts';
import type { SettledReport } from './lens/specialization/reportManifest.ts';
import { settleReport } from './lens/specialization/settleReport.ts';
import { readClassifierFacts } from './models/classifierFile.ts';
import { issuesOf } from './models/modelFiles.ts';
import { activeSaesOf, type Models } from './models.ts';

const whole = z.int();
const path = z.string().refine(isAbsolute, { error: 'must be an absolute path' });

/** Types only: ranges are checked where they are used. */
const schema: z.ZodType<Settled<SpecializeParams>> = z.strictObject({
  modelDir: path,
  provider: z.enum(providers),
  dir: path,
  prompts: z.union([
    z.strictObject({ file: path, column: z.string().optional() }),
    z.strictObject({ grammar: path.nullable(), seed: whole.min(0).max(0xffffffff) }),
  ]),
  promptCount: whole.optional(),
  editPromptCount: whole.optional(),
  charts: z.array(z.literal(chartIds)).min(1).optional(),
  blocks: z.array(z.string()).min(1).optional(),
  featureCount: whole.optional(),
  doses: z.array(z.number()).min(1).optional(),
  stepCount: whole.optional(),
  sceneCount: whole.optional(),
  pairsMin: whole.optional(),
  editsFile: path.optional(),
  editCount: whole.optional(),
  frontCount: whole.optional(),
  transferCount: whole.optional(),
  strengths: z.array(z.number()).min(1).optional(),
  withResnets: z.boolean().optional(),
  seed: whole.optional(),
});

/** @throws `invalidInput` naming the key */
export function checkSpecializeParams(params: unknown): Settled<SpecializeParams> {
  const parsed = schema.safeParse(params);
  if (parsed.success) return parsed.data;
  throw invalidInput(`The job cannot be started: ${issuesOf(parsed.error)}`);
}

/** @throws `invalidInput`, `model` */
export async function settleSpecialization(
  params: Settled<SpecializeParams>,
  models: Models,
  signal: AbortSignal,
): Promise<SettledReport> {
  const { modelDir, prompts } = params;
  const source = await openPrompts(prompts, modelDir, signal);
  const { folder, saes } = await models.read(modelDir);
  const identity = await models.identify(modelDir, signal);
  const lpips = await models.networkSha256('lpips', modelDir);
  const judges = {
    clip: await models.networkSha256('clip', modelDir),
    clipText: await models.networkSha256('clipText', modelDir),
    classifier: await models.networkSha256('classifier', modelDir),
    readClassifier: () => readClassifierFacts(modelDir),
  };
  const facts = { folder, saes: activeSaesOf(saes), identity, lpips, source, judges };
  return settleReport(params, facts);
}

/** The job Specialize: what a model's blocks do, measured with controls into a folder of plain files. */
export function specializeJob({
  models,
}: {
  readonly models: Models;
}): JobKind<Settled<SpecializeParams>, ReportProgress> {
  return {
    kind: specializeKind,
    check: checkSpecializeParams,
    titleOf: ({ promptCount, charts = chartIds }) =>
      `Block specialization, chart${charts.length === 1 ? '' : 's'} ${charts.join(', ')}` +
      (promptCount === undefined ? '' : ` on ${promptCount} prompts`),
    describe: ({ phase, doneCount, totalCount }) =>
      phase === 'choosing'
        ? { phase: 'Choosing features', doneCount, totalCount, unit: 'pictures' }
        : { phase: 'Measuring', doneCount, totalCount, unit: 'pictures' },
    run: async function* (params, { signal, takeTurn, log }) {
      const { modelDir, provider, dir } = params;
      const settled = await settleSpecialization(params, models, signal);
      const { rowCount } = yield* measureReport(dir, settled, {
        ...{ signal, modelDir },
        turn: (work, { extraTaps, modelDir: otherDir = modelDir }) =>
          models.turnOfJob({ modelDir: otherDir, provider, extraTaps }, { signal, takeTurn }, work),
      });
      log('info', `${rowCount} measurements in ${dir}`);
      const { charts, prompts } = settled;
      return {
        summary: `${countText(charts.length, 'chart')} from ${countText(rowCount, 'measurement')} on ${countText(prompts.length, 'prompt')}`,
        path: dir,
      };
    },
  };
}
