import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { activities, ranked } from '../numerics/codes.ts';
import { contrastNoises } from '../numerics/contrastNoises.ts';
import { FeaturescopeError, invalidInput } from '../protocol/errors.ts';
import { explainPicture, type ExplainResult } from '../protocol/explain.ts';
import { explainPhase, fitWords, pathWords } from '../protocol/explainWords.ts';
import type { ProviderWish } from '../protocol/provider.ts';
import { number } from './number.ts';
import type { CommandContext } from './pictureRun.ts';
import { progressLine } from './progressLine.ts';
import { withEngine } from './withEngine.ts';
import { providerOption } from './providerOption.ts';

interface ExplainOptions {
  readonly prompt: string;
  readonly timestep?: number;
  readonly seeds: number;
  readonly seed: number;
  readonly control?: string;
  readonly as: 'auto' | 'picture';
  readonly block?: string;
  readonly top: number;
  readonly keep: boolean;
  readonly model?: string;
  readonly provider: ProviderWish;
  readonly threads: number;
  readonly json: boolean;
}

/** One feature as it is printed. Made here: `mean` over the cells of the last step. Encoded: against the control. */
interface PrintedFeature {
  readonly id: number;
  readonly label: string | null;
  readonly mean: number;
  readonly difference?: number;
  readonly spread?: number | null;
  readonly control?: number;
}

/** `featurescope explain FILE…`: which features a picture has, whoever made it. */
export function addExplainCommand(program: Command, context: CommandContext): void {
  program
    .command('explain')
    .description('list the features of PNG, JPEG or WebP pictures, whoever made them')
    .argument('<files...>', 'pictures')
    .option('-p, --prompt <text>', 'what the U-net is told of a picture that was not made here', '')
    .option(
      '--timestep <number>',
      'where such a picture is read (default: stated)',
      number('timestep'),
    )
    .option('--seeds <number>', 'noises under which it is read, 1 to 32', number('seeds'), 4)
    .option('-s, --seed <number>', 'seed of the first noise', number('seed'), 0)
    .option('--control <file>', 'picture that it is compared with (default: a plain grey one)')
    .addOption(
      new Option('--as <what>', 'by what the file says of itself, or as a mere picture')
        .choices(['auto', 'picture'])
        .default('auto'),
    )
    .option('-b, --block <name>', 'one block only: up.0.1, or its path (default: all with an SAE)')
    .option('--top <number>', 'features a block', number('top'), 10)
    .option('--keep', 'keep what was explained as a run', false)
    .option('-m, --model <dir>', 'model folder (default: the embedded model)')
    .addOption(providerOption())
    .option('--threads <number>', 'threads inside an operator; 0 = automatic', number('threads'), 0)
    .option('--json', 'print one JSON object a picture, a line each', false)
    .action(async (files: readonly string[], options: ExplainOptions) => {
      if (!Number.isInteger(options.top) || options.top < 1) {
        throw invalidInput(`--top is ${String(options.top)}; allowed are whole numbers from 1.`);
      }
      await withEngine(context, options.threads, async (engine) => {
        const progress = progressLine();
        let failure: FeaturescopeError | undefined;
        const explainOne = async (file: string): Promise<void> => {
          const { prompt, timestep, control, provider, keep } = options;
          const result = await engine.request(
            explainPicture,
            {
              modelDir: resolve(options.model ?? join(context.packageDir, 'models', 'mini')),
              ...{ provider, path: resolve(file), as: options.as, prompt, keep },
              ...(timestep === undefined ? {} : { timestep }),
              ...{ seedCount: options.seeds, firstSeed: options.seed },
              control:
                control === undefined ? { kind: 'grey' } : { kind: 'file', path: resolve(control) },
            },
            {
              signal: context.signal,
              onProgress: (value) => {
                const words = explainPhase(value);
                if (words !== undefined) progress.say(`${file}: ${words}`);
              },
            },
          );
          progress.clear();
          process.stdout.write(options.json ? jsonOf(result, options) : textOf(result, options));
        };
        try {
          for (const file of files) {
            try {
              await explainOne(file);
            } catch (error) {
              // One bad file of several does not keep the others from being explained.
              failure = FeaturescopeError.from(error);
              if (failure.code !== 'invalidInput') throw failure;
              progress.clear();
              if (files.length > 1) process.stderr.write(`featurescope: ${failure.message}\n`);
            }
          }
        } finally {
          progress.clear();
        }
        if (!failure) return;
        if (files.length === 1) throw failure;
        throw invalidInput('Not all pictures could be explained.');
      });
    });
}

interface PrintedBlock {
  readonly block: string;
  readonly path: string;
  /** At that timestep; null where it was not asked. */
  readonly explainedVariance: number | null;
  readonly features: readonly PrintedFeature[];
}

function blocksOf(result: ExplainResult, { block: wanted, top }: ExplainOptions): PrintedBlock[] {
  const { readings, controlReadings, fits, labels } = result;
  const path = wanted?.replace(/^unet\./, '');
  const chosen = readings.filter(
    (reading) => wanted === undefined || reading.block === wanted || reading.path === path,
  );
  if (chosen.length === 0 && readings.length > 0) {
    const names = readings.map(({ block }) => block).join(', ');
    throw invalidInput(`--block is "${String(wanted)}"; blocks with an SAE are ${names}.`);
  }
  return chosen.map((reading) => {
    const { block } = reading;
    const codes = reading.steps.map((step) => ({ ...reading, ...step }));
    const labelOf = (id: number): string | null =>
      labels.find((each) => each.block === block && each.id === id)?.label.text ?? null;
    const control = controlReadings.find((each) => each.block === block);
    const features = control
      ? contrastNoises(
          codes,
          control.steps.map((step) => ({ ...control, ...step })),
        ).map(({ id, difference, spread, picture: mean, control: there }) => ({
          ...{ id, label: labelOf(id), mean, difference, spread, control: there },
        }))
      : ranked(
          codes.slice(-1).flatMap((last) => activities(last)),
          'mean',
        ).map(({ id, mean }) => ({
          ...{ id, label: labelOf(id), mean },
        }));
    const fit = fits.find((each) => each.block === block);
    return {
      ...{ block, path: reading.path, explainedVariance: fit?.explainedVariance ?? null },
      features: features.slice(0, top),
    };
  });
}

function jsonOf(result: ExplainResult, options: ExplainOptions): string {
  const { file, path, runId } = result;
  const sentence = pathWords(result);
  const printed = { file, sentence, path, blocks: blocksOf(result, options) };
  return `${JSON.stringify({ ...printed, ...(runId === undefined ? {} : { runId }) })}\n`;
}

function textOf(result: ExplainResult, options: ExplainOptions): string {
  const lines = [`${result.file.name}: ${fitWords(result)}`, pathWords(result), ''];
  for (const { block, path, explainedVariance, features } of blocksOf(result, options)) {
    const fit = explainedVariance === null ? '' : `  EV ${explainedVariance.toFixed(3)} here`;
    const isEncoded = features.some(({ difference }) => difference !== undefined);
    lines.push(`${block}  (${path})${fit}`);
    lines.push(
      isEncoded
        ? '      id  more than control  ± spread      mean  label'
        : '      id      mean  label',
    );
    for (const { id, label, mean, difference, spread } of features) {
      const numbers =
        difference === undefined
          ? [mean.toFixed(3).padStart(10)]
          : [
              difference.toFixed(3).padStart(19),
              (typeof spread === 'number' ? spread.toFixed(3) : '-').padStart(10),
              mean.toFixed(3).padStart(10),
            ];
      lines.push(`${String(id).padStart(8)}${numbers.join('')}  ${label ?? ''}`.trimEnd());
    }
    lines.push('');
  }
  if (result.runId !== undefined) lines.push(`Kept as ${result.runId}.`, '');
  return `${lines.join('\n')}\n`;
}
