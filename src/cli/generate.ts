import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { createEngine, type Engine } from '../engine/engine.ts';
import {
  describeModel,
  generatePicture,
  type GenerateParams,
  type GenerateResult,
  type ModelDescription,
  savePicture,
} from '../protocol/engine.ts';
import { FeaturescopeError } from '../protocol/errors.ts';
import { schedulerNames, type SchedulerName } from '../protocol/manifest.ts';
import { type Provider, providers } from '../protocol/provider.ts';
import { number } from './number.ts';
import { progressLine } from './progressLine.ts';
import { storageDir } from './storageDir.ts';

interface GenerateOptions {
  readonly negative: string;
  readonly seed: number;
  readonly steps?: number;
  readonly guidance?: number;
  readonly scheduler?: SchedulerName;
  readonly width?: number;
  readonly height?: number;
  readonly model?: string;
  readonly provider: Provider;
  readonly threads: number;
  readonly out?: string;
  readonly manifest: boolean;
  readonly json: boolean;
}

/** `featurescope generate "a cat on grass" --seed 7`: one picture, with its manifest inside the PNG. */
export function addGenerateCommand(
  program: Command,
  { packageDir, signal }: { packageDir: string; signal: AbortSignal },
): void {
  program
    .command('generate')
    .description('make one picture and write it as PNG')
    .argument('<prompt>', 'what to draw')
    .option('-n, --negative <text>', 'what to avoid; used when guidance is above 1', '')
    .option('-s, --seed <number>', "0 to 4294967295; torch's CPU stream", number('seed'), 0)
    .option('--steps <number>', "denoising steps (default: the model's own)", number('steps'))
    .option(
      '-g, --guidance <number>',
      "guidance scale (default: the model's own)",
      number('guidance'),
    )
    .addOption(
      new Option('--scheduler <name>', "scheduler (default: the model's own)").choices(
        schedulerNames,
      ),
    )
    .option('--width <pixels>', "default: the model's own", number('width'))
    .option('--height <pixels>', "default: the model's own", number('height'))
    .option('-m, --model <dir>', 'model folder (default: the embedded model)')
    .addOption(
      new Option('--provider <name>', 'execution provider').choices(providers).default('cpu'),
    )
    .option('--threads <number>', 'threads inside an operator; 0 = automatic', number('threads'), 0)
    .option('-o, --out <file>', 'PNG to write (default: named after prompt and seed)')
    .option('--manifest', 'write the manifest as JSON beside the PNG too', false)
    .option('--json', 'print one JSON object on standard output', false)
    .action(async (prompt: string, options: GenerateOptions) => {
      const engine = createEngine(
        { extensionDir: packageDir, storageDir: storageDir(), threadCount: options.threads },
        { onLog: ({ level, text }) => level === 'error' && process.stderr.write(`${text}\n`) },
      );
      try {
        await generate(engine, prompt, options, { packageDir, signal });
      } finally {
        await engine.stop();
      }
    });
}

async function generate(
  engine: Engine,
  prompt: string,
  options: GenerateOptions,
  { packageDir, signal }: { packageDir: string; signal: AbortSignal },
): Promise<void> {
  const modelDir = resolve(options.model ?? `${packageDir}/models/mini`);
  const model = await engine.request(describeModel, { modelDir }, { signal });
  const progress = progressLine();
  let result: GenerateResult;
  try {
    result = await engine.request(generatePicture, paramsOf(prompt, model, options), {
      signal,
      onProgress: progress.show,
    });
  } finally {
    progress.clear();
  }
  for (const { prompt: which, cutText, tokenLimit } of result.truncations) {
    const limit = String(tokenLimit);
    process.stderr.write(`The ${which} is longer than ${limit} tokens; cut: "${cutText}"\n`);
  }
  const { paths } = await save(engine, result, prompt, options);
  const image = paths[0] ?? '';
  if (options.json) process.stdout.write(`${JSON.stringify(jsonOf(image, result))}\n`);
  else process.stdout.write(`${image}\n`);
}

/** What a person did not say, the model's own defaults say. */
function paramsOf(
  prompt: string,
  model: ModelDescription,
  options: GenerateOptions,
): GenerateParams {
  return {
    modelDir: model.dir,
    prompt,
    negativePrompt: options.negative,
    seed: options.seed,
    steps: options.steps ?? model.defaults.steps,
    guidanceScale: options.guidance ?? model.defaults.guidanceScale,
    scheduler: options.scheduler ?? model.defaults.scheduler,
    width: options.width ?? model.defaults.width,
    height: options.height ?? model.defaults.height,
    provider: options.provider,
    keep: false,
  };
}

async function save(
  engine: Engine,
  { picture, manifest }: GenerateResult,
  prompt: string,
  options: GenerateOptions,
): Promise<{ paths: readonly string[] }> {
  const name =
    prompt
      .toLowerCase()
      .match(/[a-z0-9]+/g)
      ?.join('-')
      .slice(0, 40) ?? 'picture';
  const path = resolve(options.out ?? `${name}-${String(options.seed)}.png`);
  try {
    return await engine.request(savePicture, {
      picture,
      manifest,
      path,
      writeJsonBeside: options.manifest,
    });
  } catch (error) {
    // Usage was right and the picture was made: this is a failure, not bad usage.
    const { message } = FeaturescopeError.from(error);
    throw new FeaturescopeError('closed', message, { cause: error });
  }
}

function jsonOf(image: string, { manifest }: GenerateResult): object {
  const { prompt, negativePrompt, seed, steps, guidanceScale, scheduler, width, height } = manifest;
  const { model, provider, versions, timingsMs } = manifest;
  return {
    image,
    prompt,
    negativePrompt,
    seed,
    steps,
    guidanceScale,
    scheduler,
    width,
    height,
    model,
    provider,
    versions,
    timingsMs,
  };
}
