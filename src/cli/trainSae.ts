import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { significant } from '../numerics/significant.ts';
import { bytesText, inWords } from '../protocol/countText.ts';
import { startJob } from '../protocol/jobs.ts';
import {
  planTraining,
  trainingExports,
  trainingRules,
  trainKind,
  type TrainParams,
  type TrainPlan,
} from '../protocol/training.ts';
import { followJob, withJobs } from './jobRun.ts';
import { nameList, number, numberList } from './number.ts';
import type { CommandContext } from './pictureRun.ts';

interface TrainOptions {
  readonly out: string;
  readonly blocks?: readonly string[];
  readonly steps?: readonly number[];
  readonly features: readonly number[];
  readonly k: readonly number[];
  readonly rule: (typeof trainingRules)[number];
  readonly epochs?: number;
  readonly batch?: number;
  readonly lr?: number;
  readonly auxk?: number;
  readonly deadAfter?: number;
  readonly seed: number;
  readonly threads: number;
  readonly export?: readonly (typeof trainingExports)[number][];
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** `featurescope sae train sets/first --features 1536 --k 10,20 --out trainings/first` */
export function addTrainCommand(sae: Command, context: CommandContext): void {
  sae
    .command('train')
    .description('train SAEs on a collected set; run again, it goes on where it stopped')
    .argument('<set>', 'folder of a collected set (featurescope collect)')
    .requiredOption('-o, --out <dir>', 'folder: new, or begun by the same command')
    .requiredOption(
      '-f, --features <numbers>',
      'features of each SAE, with commas',
      numberList('features'),
    )
    .requiredOption('-k, --k <numbers>', 'active features a cell, with commas', numberList('k'))
    .option('-b, --blocks <names>', 'with commas (default: all of the set)', nameList)
    .option(
      '--steps <steps>',
      'steps of the set to mix, from 1, with commas (default: all)',
      numberList('steps'),
    )
    .addOption(
      new Option('--rule <name>', 'k in each cell, or k on average')
        .choices(trainingRules)
        .default('topk'),
    )
    .option('--epochs <number>', 'how often each cell is seen (default: 10)', number('epochs'))
    .option(
      '--batch <number>',
      'cells a step (default: 4096, down to 512 in a short training)',
      number('batch'),
    )
    .option('--lr <number>', 'learning rate (default: 2e-4 / sqrt(features / 2^14))', number('lr'))
    .option('--auxk <number>', 'dead features that rebuild what is left', number('auxk'))
    .option('--dead-after <cells>', 'without a firing: dead', number('dead-after'))
    .option('-s, --seed <number>', 'of the start and the order', number('seed'), 0)
    .option('--threads <number>', 'threads inside an operator; 0 = automatic', number('threads'), 0)
    .addOption(
      new Option('--export <format...>', 'write other forms beside ours').choices(trainingExports),
    )
    .option('--dry-run', 'say what it would take, and stop', false)
    .option('--json', 'print one JSON object on standard output', false)
    .action((set: string, options: TrainOptions) =>
      withJobs(context, options.threads, async (engine, updates) => {
        const { signal } = context;
        const params = paramsOf(set, options);
        const plan = await engine.request(planTraining, params, { signal });
        process.stderr.write(`${planText(plan)}\n`);
        if (options.dryRun) {
          if (options.json) process.stdout.write(`${JSON.stringify(plan)}\n`);
          return;
        }
        const { jobId } = await engine.request(startJob, { kind: trainKind, params });
        const result = await followJob(jobId, signal, updates);
        process.stdout.write(
          options.json ? `${JSON.stringify(result)}\n` : `${result.summary}\n${plan.dir}\n`,
        );
      }),
    );
}

function paramsOf(set: string, options: TrainOptions): TrainParams {
  const { rule, epochs, seed, threads } = options;
  return {
    setDir: resolve(set),
    dir: resolve(options.out),
    blocks: options.blocks,
    steps: options.steps?.map((step) => step - 1),
    nFeatures: options.features,
    k: options.k,
    ...{ rule, epochs, seed, threads, batchSize: options.batch, learningRate: options.lr },
    ...{ auxK: options.auxk, deadAfterSamples: options.deadAfter, exports: options.export },
  };
}

function planText({ saes, sampleCount, batchSize, stepCount, ...plan }: TrainPlan): string {
  const going = plan.doneSteps > 0 ? `; ${inWords(plan.doneSteps)} are made already` : '';
  return [
    ...saes.map(
      ({ name, dModel, nFeatures, learningRate }) =>
        `${name}: ${inWords(nFeatures)} features of ${String(dModel)}, learning rate ${significant(learningRate, 2)}`,
    ),
    `${inWords(sampleCount)} cells, ${inWords(stepCount)} steps of ${inWords(batchSize)}${going}`,
    `a feature is dead after ${inWords(plan.deadAfterSteps)} steps without a firing`,
    `about ${bytesText(plan.memoryBytes)} of memory`,
  ].join('\n');
}
