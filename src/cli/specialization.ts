import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { countText, inWords } from '../protocol/countText.ts';
import { invalidInput } from '../protocol/errors.ts';
import { startJob } from '../protocol/jobs.ts';
import type { ProviderWish } from '../protocol/provider.ts';
import {
  type Chart,
  type ChartId,
  chartIds,
  chartNames,
  planSpecialization,
  readSpecialization,
  specializeKind,
  type SpecializeParams,
  type SpecializePlan,
  toyCaveat,
} from '../protocol/specialization.ts';
import { followJob, withJobs } from './jobRun.ts';
import { nameList, number, numberList } from './number.ts';
import type { CommandContext } from './pictureRun.ts';
import { writeReport } from './specializationReport.ts';
import { providerOption } from './providerOption.ts';

interface SpecializationOptions {
  readonly out: string;
  readonly prompts?: string;
  readonly column?: string;
  readonly promptSeed: number;
  readonly count?: number;
  readonly editPrompts?: number;
  readonly charts?: readonly string[];
  readonly blocks?: readonly string[];
  readonly features?: number;
  readonly doses?: readonly number[];
  readonly steps?: number;
  readonly scenes?: number;
  readonly pairs?: number;
  readonly edits?: string;
  readonly editCount?: number;
  readonly fronts?: number;
  readonly transfer?: number;
  readonly strengths?: readonly number[];
  readonly resnets: boolean;
  readonly seed: number;
  readonly model?: string;
  readonly provider: ProviderWish;
  readonly threads: number;
  readonly report?: string;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** `featurescope specialization --count 24 --charts 1,3 --out reports/first`: what each block does, with controls. */
export function addSpecializationCommand(program: Command, context: CommandContext): void {
  program
    .command('specialization')
    .description(
      'measure what each block does, with controls and intervals; run again, it goes on where it stopped',
    )
    .requiredOption('-o, --out <dir>', 'folder of the report: new, or begun by the same command')
    .option('--prompts <file>', "one prompt a line, or a table (default: the model's own grammar)")
    .option('--column <name>', 'of a table (default: prompt, caption or text, or the only one)')
    .option('--prompt-seed <number>', "where the grammar's choices start", number('prompt-seed'), 0)
    .option(
      '-c, --count <number>',
      'prompts; half choose features, half measure them (default: 24)',
      number('count'),
    )
    .option(
      '--edit-prompts <number>',
      'charts 2, 3, 5 and 9: of the half that measures, those in which features are edited (default: all)',
      number('edit-prompts'),
    )
    .option(
      '--charts <numbers>',
      `with commas (default: all): ${chartIds.map((id) => `${id} ${chartNames[id]}`).join('; ')}`,
      nameList,
    )
    .option('-b, --blocks <names>', 'with commas (default: all with an SAE)', nameList)
    .option('-f, --features <number>', 'of each block (default: 10)', number('features'))
    .option(
      '--doses <numbers>',
      'with commas, in rms of the update (default: 0.5,1,2)',
      numberList('doses'),
    )
    .option('--steps <number>', 'of charts 10, 11 and 12 (default: 4)', number('steps'))
    .option(
      '--scenes <number>',
      'pictures of charts 4, 5, 6 and 13 (default: 800)',
      number('scenes'),
    )
    .option(
      '--pairs <number>',
      'charts 4 and 6: pairs that each half needs for a factor (default: 50)',
      number('pairs'),
    )
    .option(
      '--edits <file>',
      "charts 7 and 8: pairs of prompts, riebench.json or a file of its form (default: made from the prompts' grammar)",
    )
    .option(
      '--edit-count <number>',
      'charts 7 and 8: pairs of each kind of edit (default: 30)',
      number('edit-count'),
    )
    .option(
      '--fronts <number>',
      'chart 8: pairs that are transferred (default: 100)',
      number('fronts'),
    )
    .option(
      '--transfer <number>',
      'charts 7 and 8: features that are added, and as many removed (default: 20)',
      number('transfer'),
    )
    .option(
      '--strengths <numbers>',
      'chart 8: with commas, what maps are multiplied with (default: 0.5,1,2,4)',
      numberList('strengths'),
    )
    .option('--no-resnets', 'chart 1: attention stages only')
    .option(
      '-s, --seed <number>',
      'of the first picture, and of what chance chooses',
      number('seed'),
      0,
    )
    .option('-m, --model <dir>', 'model folder (default: the embedded model)')
    .addOption(providerOption())
    .option('--threads <number>', 'threads inside an operator; 0 = automatic', number('threads'), 0)
    .option('--report <dir>', 'write the charts as a document, too: Markdown and SVG')
    .option('--dry-run', 'say what it would take, and stop', false)
    .option('--json', 'print one JSON object on standard output', false)
    .action((options: SpecializationOptions) =>
      withJobs(context, options.threads, async (engine, updates) => {
        const { signal } = context;
        const params = paramsOf(options, context.packageDir);
        const plan = await engine.request(planSpecialization, params, { signal });
        process.stderr.write(`${planText(plan)}\n`);
        if (options.dryRun) {
          if (options.json) process.stdout.write(`${JSON.stringify(plan)}\n`);
          return;
        }
        const { jobId } = await engine.request(startJob, { kind: specializeKind, params });
        await followJob(jobId, signal, updates);
        const { report, dir } = await engine.request(readSpecialization, { dir: params.dir });
        if (options.report !== undefined && report) {
          const path = await writeReport(resolve(options.report), report);
          process.stderr.write(`${path}\n`);
        }
        if (options.json) process.stdout.write(`${JSON.stringify({ dir, ...report })}\n`);
        else {
          for (const chart of report?.charts ?? []) process.stdout.write(chartText(chart));
          if (report?.isEmbedded) process.stdout.write(`${toyCaveat}\n`);
          process.stdout.write(`${dir}\n`);
        }
      }),
    );
}

function paramsOf(options: SpecializationOptions, packageDir: string): SpecializeParams {
  const { prompts, column, count, features, doses, steps, resnets, seed, provider } = options;
  return {
    modelDir: resolve(options.model ?? join(packageDir, 'models', 'mini')),
    provider,
    dir: resolve(options.out),
    prompts:
      prompts === undefined
        ? { grammar: null, seed: options.promptSeed }
        : { file: resolve(prompts), column },
    promptCount: count,
    editPromptCount: options.editPrompts,
    charts: options.charts?.map(chartOf),
    blocks: options.blocks,
    featureCount: features,
    doses: doses,
    stepCount: steps,
    sceneCount: options.scenes,
    pairsMin: options.pairs,
    editsFile: options.edits === undefined ? undefined : resolve(options.edits),
    editCount: options.editCount,
    frontCount: options.fronts,
    transferCount: options.transfer,
    strengths: options.strengths,
    withResnets: resnets,
    seed,
  };
}

function chartOf(text: string): ChartId {
  const id = chartIds.find((known) => String(known) === text);
  if (id !== undefined) return id;
  throw invalidInput(`There is no chart "${text}"; there are ${chartIds.join(', ')}.`);
}

function planText(plan: SpecializePlan): string {
  const { promptCount, measuredCount, promptsName, pictureCount, doneCount, secondsLeft } = plan;
  const going = doneCount > 0 ? `; ${inWords(doneCount)} are made already` : '';
  const time =
    secondsLeft === undefined ? 'nothing is left to do' : `about ${durationWords(secondsLeft)}`;
  return [
    `${countText(promptCount, 'prompt')} of ${promptsName}; in ${measuredCount} of them features are edited`,
    `charts ${plan.charts.join(', ')}; blocks ${plan.blocks.join(', ') || 'none'}`,
    ...plan.absent,
    `${countText(pictureCount, 'picture')}${going}; ${time}`,
  ].join('\n');
}

const durationWords = (seconds: number): string =>
  seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} minutes`;

function chartText({ id, title, finding, facets }: Chart): string {
  const lines = facets.flatMap(({ title: name, columns, series }) =>
    series.flatMap((one) =>
      one.marks.map(({ x, y, low, high, n, isSpecial }) => {
        const place = columns?.[x] ?? x.toPrecision(3);
        const star = isSpecial ? ' *' : '';
        return `  ${name}, ${one.name}, ${place}: ${y.toPrecision(3)} (${low.toPrecision(3)} to ${high.toPrecision(3)}; ${n})${star}`;
      }),
    ),
  );
  return [`${id} ${title}`, `  ${finding}`, ...lines, ''].join('\n');
}
