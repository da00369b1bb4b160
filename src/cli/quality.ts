import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { intervalText, pictureFitSource, qualityCsv, qualityMarkdown, ssimText } from '../charts/qualityText.ts'; // prettier-ignore
import { significant } from '../numerics/significant.ts';
import { type CollectPrompts, describePrompts } from '../protocol/collect.ts';
import { describeModel } from '../protocol/engine.ts';
import { compareSaes, qualityReport, type QualityReport } from '../protocol/indexes.ts';
import { startJob } from '../protocol/jobs.ts';
import {
  listPictureFits,
  type PictureFit,
  pictureFitKind,
  type PictureFitPair,
  type PictureFitParams,
  pictureFitPromptSeed,
} from '../protocol/pictureFit.ts';
import type { ProviderWish } from '../protocol/provider.ts';
import type { Caller } from '../protocol/request.ts';
import { toyCaveat } from '../protocol/specialization.ts';
import { followJob, withJobs } from './jobRun.ts';
import { modelDirOf } from './modelDirOf.ts';
import { nameList, number } from './number.ts';
import type { CommandContext } from './pictureRun.ts';
import { withEngine } from './withEngine.ts';
import { providerOption } from './providerOption.ts';

const formats = ['text', 'json', 'csv', 'markdown'] as const;

interface QualityOptions {
  readonly model?: string;
  readonly pictures: boolean;
  readonly prompts?: string;
  readonly column?: string;
  readonly promptSeed: number;
  readonly count?: number;
  readonly blocks?: readonly string[];
  readonly seed: number;
  readonly provider: ProviderWish;
  readonly threads: number;
  readonly format: (typeof formats)[number];
}

interface CompareOptions {
  readonly threads: number;
  readonly json: boolean;
}

/** `featurescope quality [--pictures]` and `featurescope compare-saes`: how good SAEs are. */
export function addQualityCommands(program: Command, context: CommandContext): void {
  program
    .command('quality')
    .description('quality report of the SAEs that are indexed; --pictures measures in the picture')
    .option('-m, --model <dir>', 'model folder (default: the embedded model)')
    .option(
      '--pictures',
      'first make pictures with what each SAE rebuilds, and without its block; goes on where it stopped',
      false,
    )
    .option(
      '--prompts <file>',
      "one a line, or a table (default: the model's own grammar, else general ones)",
    )
    .option('--column <name>', 'of a table (default: prompt, caption or text, or the only one)')
    .option(
      '--prompt-seed <number>',
      "where the grammar's choices start",
      number('prompt-seed'),
      pictureFitPromptSeed,
    )
    .option('-c, --count <number>', 'prompts, 2 to 1000 (default: 24)', number('count'))
    .option('-b, --blocks <names>', 'with commas (default: all with an SAE)', nameList)
    .option('-s, --seed <number>', 'of the first picture', number('seed'), 0)
    .addOption(providerOption())
    .option('--threads <number>', 'threads inside an operator; 0 = automatic', number('threads'), 0)
    .addOption(new Option('--format <name>', 'of the report').choices(formats).default('text'))
    .action((options: QualityOptions) => runQuality(options, context));
  program
    .command('compare-saes')
    .description('two SAEs side by side: features matched by cosine, and pictures where measured')
    .argument('<left>', 'folder with sae.json')
    .argument('<right>', 'folder with sae.json')
    .option('--threads <number>', 'threads inside an operator; 0 = automatic', number('threads'), 0)
    .option('--json', 'print one JSON object on standard output', false)
    .action((left: string, right: string, options: CompareOptions) =>
      runCompare(resolve(left), resolve(right), options, context),
    );
}

async function runQuality(options: QualityOptions, context: CommandContext): Promise<void> {
  const modelDir = modelDirOf(context, options.model);
  const { blocks } = options;
  await withJobs(context, options.threads, async (engine, updates) => {
    if (options.pictures) {
      const params: PictureFitParams = {
        ...{ modelDir, provider: options.provider, firstSeed: options.seed },
        prompts: await promptsOf(options, engine, modelDir, context.packageDir),
        promptCount: options.count,
        blocks,
      };
      const { jobId } = await engine.request(startJob, { kind: pictureFitKind, params });
      await followJob(jobId, context.signal, updates);
    }
    const isWanted = (block: string): boolean => blocks?.includes(block) ?? true;
    const all = await engine.request(qualityReport, { modelDir });
    const reports = all.filter(({ index }) => isWanted(index.block));
    const fits = await engine.request(listPictureFits, { modelDir });
    const pictures = fits.filter(({ block }) => isWanted(block));
    const { title } = await engine.request(describeModel, { modelDir });
    const isEmbedded = modelDir === modelDirOf(context, undefined);
    const texts = {
      text: () => reportText(reports, pictures, isEmbedded),
      json: () => `${JSON.stringify({ reports, pictures })}\n`,
      csv: () => qualityCsv(reports, pictures),
      markdown: () => qualityMarkdown(title, reports, pictures, isEmbedded),
    };
    process.stdout.write(texts[options.format]());
  });
}

async function promptsOf(
  { prompts, column, promptSeed }: QualityOptions,
  engine: Caller,
  modelDir: string,
  packageDir: string,
): Promise<CollectPrompts> {
  if (prompts !== undefined) return { file: resolve(prompts), column };
  const { grammarTitle } = await engine.request(describePrompts, { modelDir });
  return grammarTitle === null
    ? { file: join(packageDir, 'media', 'general-prompts.txt') }
    : { grammar: null, seed: promptSeed };
}

function reportText(
  reports: readonly QualityReport[],
  pictures: readonly PictureFit[],
  isEmbedded: boolean,
): string {
  const indexed = reports.map(({ index, fits, deadShare, rule }) => {
    const [all] = fits;
    const figures = `EV ${significant(all?.explainedVariance ?? NaN)}, R² ${significant(all?.rSquared ?? NaN)}, L0 ${significant(all?.l0 ?? NaN)}, dead ${significant(100 * deadShare)} %`;
    return `${index.block}  ${index.nFeatures} features, ${rule}: ${figures}; ${index.pictureCount} pictures`;
  });
  const measured = pictures.flatMap((fit) => [
    `${fit.block}  in the picture, n ${pictureFitSource(fit)}`,
    `  rebuilt: SSIM ${ssimText(fit.rebuilt.ssim)}, |Δ| ${intervalText(fit.rebuilt.pixel)} of 255`,
    `  without the block: SSIM ${ssimText(fit.ablated.ssim)}, |Δ| ${intervalText(fit.ablated.pixel)} of 255`,
  ]);
  const lines = [
    ...(indexed.length > 0 ? indexed : ['no SAE is indexed: featurescope index --set DIR']),
    ...(measured.length > 0 ? measured : ['not measured in the picture: --pictures']),
    ...(isEmbedded ? [toyCaveat] : []),
  ];
  return `${lines.join('\n')}\n`;
}

async function runCompare(
  leftDir: string,
  rightDir: string,
  { threads, json }: CompareOptions,
  context: CommandContext,
): Promise<void> {
  await withEngine(context, threads, async (engine) => {
    const { signal } = context;
    const result = await engine.request(compareSaes, { leftDir, rightDir }, { signal });
    if (json) {
      process.stdout.write(`${JSON.stringify(result)}\n`);
      return;
    }
    const { pairs, leftCount, rightCount, meanCosine, shareAbove07, shareAbove09 } = result;
    process.stdout.write(
      `${leftCount} and ${rightCount} features, ${pairs.length} pairs: mean cosine ${significant(meanCosine)}, ` +
        `above 0.7 ${significant(100 * shareAbove07)} %, above 0.9 ${significant(100 * shareAbove09)} %\n` +
        pairText(result.inPicture),
    );
  });
}

function pairText(pair: PictureFitPair | null): string {
  if (!pair)
    return 'not measured in the picture on the same prompts: featurescope quality --pictures\n';
  const { left, right, difference } = pair;
  return [
    `in the picture, n ${pictureFitSource(left)}`,
    `  SSIM ${ssimText(left.rebuilt.ssim)} and ${ssimText(right.rebuilt.ssim)}; difference ${ssimText(difference.ssim)}`,
    `  |Δ| ${intervalText(left.rebuilt.pixel)} and ${intervalText(right.rebuilt.pixel)} of 255; difference ${intervalText(difference.pixel)}`,
    '',
  ].join('\n');
}
