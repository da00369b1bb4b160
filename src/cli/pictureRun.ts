import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { Engine } from '../engine/engine.ts';
import {
  describeModel,
  type GenerateParams,
  generatePicture,
  type GenerateResult,
  type Truncation,
} from '../protocol/engine.ts';
import { schedulerNames, type SchedulerName } from '../protocol/manifest.ts';
import type { ProviderWish } from '../protocol/provider.ts';
import type { PictureBase } from '../protocol/recipe.ts';
import { number } from './number.ts';
import { progressLine } from './progressLine.ts';
import { withEngine } from './withEngine.ts';
import { providerOption } from './providerOption.ts';

/** What every command gets from the program. */
export interface CommandContext {
  readonly packageDir: string;
  /** Aborts on Ctrl+C. */
  readonly signal: AbortSignal;
}

/** How a picture is made; what a person did not say, the model's own defaults say. */
export interface PictureOptions {
  readonly negative: string;
  readonly seed: number;
  readonly steps?: number;
  readonly guidance?: number;
  readonly scheduler?: SchedulerName;
  readonly width?: number;
  readonly height?: number;
  readonly model?: string;
  readonly provider: ProviderWish;
  readonly threads: number;
}

/** The options of every command that makes a picture. */
export function addPictureOptions(command: Command): Command {
  const own = "(default: the model's own)";
  return command
    .option('-n, --negative <text>', 'what to avoid; used when guidance is above 1', '')
    .option('-s, --seed <number>', "0 to 4294967295; torch's CPU stream", number('seed'), 0)
    .option('--steps <number>', `denoising steps ${own}`, number('steps'))
    .option('-g, --guidance <number>', `guidance scale ${own}`, number('guidance'))
    .addOption(new Option('--scheduler <name>', `scheduler ${own}`).choices(schedulerNames))
    .option('--width <pixels>', `width ${own}`, number('width'))
    .option('--height <pixels>', `height ${own}`, number('height'))
    .option('-m, --model <dir>', 'model folder (default: the embedded model)')
    .addOption(providerOption())
    .option(
      '--threads <number>',
      'threads inside an operator; 0 = automatic',
      number('threads'),
      0,
    );
}

/** An engine with a model, and the picture that the options describe. */
export interface ModelRun {
  readonly engine: Engine;
  readonly modelDir: string;
  readonly provider: ProviderWish;
  readonly base: PictureBase;
  readonly progress: ReturnType<typeof progressLine>;
  readonly signal: AbortSignal;
}

/** Starts an engine, hands it to `use` and ends it. Progress goes to standard error. */
export async function withModel(
  prompt: string,
  options: PictureOptions,
  context: CommandContext,
  use: (run: ModelRun) => Promise<void>,
): Promise<void> {
  const { packageDir, signal } = context;
  await withEngine(context, options.threads, async (engine) => {
    const progress = progressLine();
    try {
      const modelDir = resolve(options.model ?? join(packageDir, 'models', 'mini'));
      const { dir, defaults } = await engine.request(describeModel, { modelDir }, { signal });
      const base = {
        prompt,
        negativePrompt: options.negative,
        seed: options.seed,
        steps: options.steps ?? defaults.steps,
        guidanceScale: options.guidance ?? defaults.guidanceScale,
        scheduler: options.scheduler ?? defaults.scheduler,
        width: options.width ?? defaults.width,
        height: options.height ?? defaults.height,
      };
      await use({ engine, modelDir: dir, provider: options.provider, base, progress, signal });
    } finally {
      progress.clear();
    }
  });
}

/** The same with its picture made. Truncated prompts are told on standard error. */
export async function withPicture(
  prompt: string,
  options: PictureOptions,
  context: CommandContext,
  use: (engine: Engine, result: GenerateResult, params: GenerateParams) => Promise<void>,
): Promise<void> {
  await withModel(prompt, options, context, async (run) => {
    const { engine, modelDir, provider, base, progress, signal } = run;
    const params = { ...base, modelDir, provider, keep: false };
    const result = await engine.request(generatePicture, params, {
      signal,
      onProgress: progress.show,
    });
    progress.clear();
    result.truncations.forEach(warn);
    await use(engine, result, params);
  });
}

function warn({ prompt, cutText, tokenLimit }: Truncation): void {
  const which = prompt === 'prompt' ? 'prompt' : 'negative prompt';
  process.stderr.write(`The ${which} is longer than ${tokenLimit} tokens; cut: "${cutText}"\n`);
}
