import { isAbsolute } from 'node:path';
import * as z from 'zod';
import { invalidInput } from '../protocol/errors.ts';
import type { LogRecord } from '../protocol/log.ts';
import {
  trainingExports,
  trainingRules,
  trainKind,
  type TrainParams,
  type TrainPlan,
} from '../protocol/training.ts';
import type { JobKind } from './jobs/jobKind.ts';
import { openCollectedSet } from './lens/collected/collectedSet.ts';
import {
  describeTraining,
  type SettledTraining,
  settleTraining,
} from './lens/training/settleTraining.ts';
import { beginCurveFile } from './lens/training/curveFile.ts';
import { checkGoesOn, readTrainingRecord, sourceIds } from './lens/training/trainingRecord.ts';
import { trainSaes, type TrainingProgress } from './lens/training/trainSaes.ts';
import { issuesOf } from './models/modelFiles.ts';
import { createOrt } from './ort/ortClient.ts';

const path = z.string().refine(isAbsolute, { error: 'must be an absolute path' });
const whole = z.int();

/** Types only: ranges depend on the set, and are checked with it. */
const schema: z.ZodType<TrainParams> = z.strictObject({
  setDir: path,
  dir: path,
  blocks: z.array(z.string()).min(1).optional(),
  steps: z.array(whole).min(1).optional(),
  nFeatures: z.array(whole).min(1).max(20),
  k: z.array(whole).min(1).max(20),
  rule: z.enum(trainingRules).optional(),
  epochs: z.number().optional(),
  batchSize: whole.optional(),
  learningRate: z.number().optional(),
  auxK: whole.optional(),
  deadAfterSamples: whole.positive().optional(),
  seed: whole.optional(),
  threads: whole.optional(),
  exports: z.array(z.enum(trainingExports)).optional(),
});

/** @throws `invalidInput` naming the key */
export function checkTrainParams(params: unknown): TrainParams {
  const parsed = schema.safeParse(params);
  if (parsed.success) return parsed.data;
  throw invalidInput(`The job cannot be started: ${issuesOf(parsed.error)}`);
}

/** What a training would take, and how far it is. @throws `invalidInput`, `model` */
export async function planOfTraining(given: unknown): Promise<TrainPlan> {
  const params = checkTrainParams(given);
  const settled = await settle(params);
  const record = await readTrainingRecord(params.dir);
  if (record) checkGoesOn(record, settled.options, sourceIds(settled.sources));
  return describeTraining(params.dir, settled, record?.step ?? 0);
}

const settle = async (params: TrainParams): Promise<SettledTraining> =>
  settleTraining(params, await openCollectedSet(params.setDir));

/**
 * The job Train: SAEs on a collected set. It has an inference process of its own, so that previews never wait for it and
 * its memory goes when it ends; while a preview runs, it waits.
 */
export function trainJob({
  runnerPath,
  onLog,
}: {
  readonly runnerPath: string;
  readonly onLog: (record: LogRecord) => void;
}): JobKind<TrainParams, TrainingProgress> {
  return {
    kind: trainKind,
    check: checkTrainParams,
    titleOf: ({ nFeatures, k, blocks, dir }) => {
      const sizes = `${nFeatures.join(', ')} features, k ${k.join(', ')}`;
      const where = blocks === undefined ? '' : ` of ${blocks.join(', ')}`;
      return `Train SAEs${where} (${sizes}) into ${dir.split(/[/\\]/).at(-1) ?? dir}`;
    },
    describe: (progress) => {
      switch (progress.phase) {
        case 'starting':
          return { phase: `Starting ${progress.sae}` };
        case 'training': {
          const { step: doneCount, stepCount: totalCount } = progress;
          return { phase: 'Training', doneCount, totalCount, unit: 'steps' };
        }
        case 'measuring':
          return { phase: `Measuring ${progress.sae}` };
        case 'saving':
          return { phase: `Saving ${progress.sae}` };
      }
    },
    run: async function* (params, { signal, takeTurn, log, dir }) {
      const settled = await settle(params);
      const { options, sources } = settled;
      const record = await readTrainingRecord(params.dir);
      const plan = describeTraining(params.dir, settled, record?.step ?? 0);
      const addPoint = await beginCurveFile(dir, plan, record?.curve ?? []);
      const ort = createOrt({ runnerPath, onLog, isBackground: true });
      const place = { folder: params.dir, exports: params.exports ?? [] };
      const training = trainSaes(options, sources, place, ort, signal);
      let isDone = false;
      try {
        for (;;) {
          const { value, done } = await training.next();
          if (done) {
            isDone = true;
            return { summary: summaryOf(value.saes), path: params.dir };
          }
          if (value.phase === 'training' && value.point) {
            await addPoint(value.point);
            for (const [name, figures] of Object.entries(value.point.saes)) {
              if (value.step % logEvery === 0) log('info', pointText(value.step, name, figures));
            }
          }
          yield value;
          // A preview that runs goes first: both together would be slow.
          await takeTurn(() => Promise.resolve());
        }
      } finally {
        if (!isDone) await training.return({ saes: [], curve: [] });
        await ort.stop();
      }
    },
  };
}

const logEvery = 100;
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const pointText = (
  step: number,
  name: string,
  figures: {
    readonly loss: number;
    readonly explainedVariance: number;
    readonly deadCount: number;
  },
): string =>
  `step ${String(step)}, ${name}: loss ${figures.loss.toFixed(4)}, explained variance ` +
  `${percent(figures.explainedVariance)}, ${String(figures.deadCount)} dead`;

const summaryOf = (
  saes: readonly {
    readonly name: string;
    readonly quality: { readonly explainedVariance: number };
  }[],
): string =>
  saes
    .map(({ name, quality }) => `${name} explains ${percent(quality.explainedVariance)}`)
    .join(', ');
