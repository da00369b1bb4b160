import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { Engine } from '../engine/engine.ts';
import {
  collectKind,
  type CollectParams,
  type CollectPlan,
  type CollectPrompts,
  planCollect,
} from '../protocol/collect.ts';
import { bytesText, countText, inWords } from '../protocol/countText.ts';
import { invalidInput } from '../protocol/errors.ts';
import { startJob } from '../protocol/jobs.ts';
import { schedulerNames, type SchedulerName } from '../protocol/manifest.ts';
import type { ProviderWish } from '../protocol/provider.ts';
import { followJob, withJobs } from './jobRun.ts';
import { nameList, number, numberList } from './number.ts';
import type { CommandContext } from './pictureRun.ts';
import { providerOption } from './providerOption.ts';

interface CollectOptions {
  readonly out: string;
  readonly prompts?: string;
  readonly column?: string;
  readonly general: boolean;
  /** True: the model's own. */
  readonly grammar?: string | true;
  readonly promptSeed: number;
  readonly count?: number;
  readonly perPrompt: number;
  readonly seed: number;
  readonly sameSeeds: boolean;
  readonly blocks?: readonly string[];
  readonly steps?: number;
  readonly record?: readonly number[];
  readonly guidance?: number;
  readonly negative?: string;
  readonly scheduler?: SchedulerName;
  readonly width?: number;
  readonly height?: number;
  readonly batch?: number;
  readonly model?: string;
  readonly provider: ProviderWish;
  readonly threads: number;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** `featurescope collect --grammar --count 1000 --out sets/first`: pictures and the updates of their stages, on disk. */
export function addCollectCommand(program: Command, context: CommandContext): void {
  const own = "(default: the model's own)";
  program
    .command('collect')
    .description(
      'make pictures and keep them with the updates of their blocks; run again, it goes on where it stopped',
    )
    .requiredOption(
      '-o, --out <dir>',
      'folder of the set: new, empty, or begun by the same command',
    )
    .option('--prompts <file>', 'one prompt a line, or a table: .csv, .tsv, .jsonl')
    .option('--general', 'the 2,000 general prompts that come with Featurescope', false)
    .option('--column <name>', 'of a table (default: prompt, caption or text, or the only one)')
    .option('--grammar [file]', "draw prompts from a grammar (default: the model's own)")
    .option('--prompt-seed <number>', "where the grammar's choices start", number('prompt-seed'), 0)
    .option('-c, --count <number>', 'pictures (default: all prompts of the file)', number('count'))
    .option('--per-prompt <number>', 'pictures of each prompt', number('per-prompt'), 1)
    .option('-s, --seed <number>', 'of the first picture; the next has the next', number('seed'), 0)
    .option('--same-seeds', 'start again at the first seed with each prompt', false)
    .option(
      '-b, --blocks <names>',
      "with commas: down.2.1,mid.0 (default: the paper's four)",
      nameList,
    )
    .option('--steps <number>', `denoising steps ${own}`, number('steps'))
    .option(
      '--record <steps>',
      'steps to keep, from 1, with commas (default: all)',
      numberList('record'),
    )
    .option('-g, --guidance <number>', `guidance scale ${own}`, number('guidance'))
    .option('-n, --negative <text>', 'what to avoid; used when guidance is above 1')
    .addOption(new Option('--scheduler <name>', `scheduler ${own}`).choices(schedulerNames))
    .option('--width <pixels>', `width ${own}`, number('width'))
    .option('--height <pixels>', `height ${own}`, number('height'))
    .option(
      '--batch <number>',
      'pictures that are saved together (default: up to 16)',
      number('batch'),
    )
    .option('-m, --model <dir>', 'model folder (default: the embedded model)')
    .addOption(providerOption())
    .option('--threads <number>', 'threads inside an operator; 0 = automatic', number('threads'), 0)
    .option('--dry-run', 'say what it would take, and stop', false)
    .option('--json', 'print one JSON object on standard output', false)
    .action((options: CollectOptions) =>
      withJobs(context, options.threads, async (engine, updates) => {
        const params = paramsOf(options, context.packageDir);
        const plan = await engine.request(planCollect, params, { signal: context.signal });
        process.stderr.write(`${planText(plan)}\n`);
        if (plan.isTooLarge && !options.dryRun) {
          throw invalidInput(
            'The disk would not hold the set; choose fewer pictures, blocks or steps.',
          );
        }
        const result = options.dryRun ? plan : await run(engine, params, context, updates);
        if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
        else if (!options.dryRun) process.stdout.write(`${plan.dir}\n`);
      }),
    );
}

async function run(
  engine: Engine,
  params: CollectParams,
  { signal }: CommandContext,
  updates: Parameters<typeof followJob>[2],
): Promise<object> {
  const { jobId } = await engine.request(startJob, { kind: collectKind, params });
  return followJob(jobId, signal, updates);
}

function paramsOf(options: CollectOptions, packageDir: string): CollectParams {
  const { count, steps, guidance, negative, scheduler, width, height, batch } = options;
  return {
    modelDir: resolve(options.model ?? join(packageDir, 'models', 'mini')),
    provider: options.provider,
    dir: resolve(options.out),
    prompts: promptsOf(options, packageDir),
    pictureCount: count,
    picturesPerPrompt: options.perPrompt,
    firstSeed: options.seed,
    seedRule: options.sameSeeds ? 'samePerPrompt' : 'consecutive',
    blocks: options.blocks,
    steps,
    recordedSteps: options.record?.map((step) => step - 1),
    guidanceScale: guidance,
    negativePrompt: negative,
    ...{ scheduler, width, height, batchSize: batch },
  };
}

function promptsOf(options: CollectOptions, packageDir: string): CollectPrompts {
  const { prompts, general, column, grammar, promptSeed } = options;
  if ([prompts !== undefined, general, grammar !== undefined].filter(Boolean).length !== 1) {
    throw invalidInput(
      'Say where the prompts come from: --prompts FILE, --general or --grammar [FILE].',
    );
  }
  if (general) return { file: join(packageDir, 'media', 'general-prompts.txt') };
  if (prompts !== undefined) return { file: resolve(prompts), column };
  return { grammar: typeof grammar === 'string' ? resolve(grammar) : null, seed: promptSeed };
}

function planText(plan: CollectPlan): string {
  const { pictureCount, savedCount, blocks, recordedSteps, stepCount, dir } = plan;
  const steps = recordedSteps.map((step) => String(step + 1)).join(', ');
  const going = savedCount > 0 ? `; ${inWords(savedCount)} are there already` : '';
  return [
    `${countText(pictureCount, 'picture')} of ${plan.promptsName}${going}`,
    `updates of ${blocks.join(', ')} at step ${steps} of ${String(stepCount)}`,
    `${bytesText(plan.updateBytes)} of updates, up to ${bytesText(plan.pictureBytes)} of pictures; ` +
      `${bytesText(plan.freeBytes)} are free at ${dir}`,
  ].join('\n');
}
