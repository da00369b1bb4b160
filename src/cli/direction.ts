import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Argument, type Command } from 'commander';
import { directionRecipe, type MadeDirection } from '../protocol/directionRecipe.ts';
import { FeaturescopeError, invalidInput } from '../protocol/errors.ts';
import { listBlocks } from '../protocol/features.ts';
import { type DirectionMaking, makeDirection } from '../protocol/interventions.ts';
import { strengthOf } from './editOptions.ts';
import { number } from './number.ts';
import {
  addPictureOptions,
  type CommandContext,
  type ModelRun,
  type PictureOptions,
  withModel,
} from './pictureRun.ts';

const kinds = ['difference', 'probe', 'pca', 'channel', 'file'] as const;
type Kind = (typeof kinds)[number];

interface DirectionOptions extends PictureOptions {
  readonly prompts?: string;
  readonly otherPrompts?: string;
  readonly component: number;
  readonly channel?: number;
  readonly vector?: string;
  readonly tensor?: string;
  readonly add?: string;
  readonly out: string;
  readonly json: boolean;
}

/** `featurescope direction difference up.0.1 --prompts red.txt --other-prompts blue.txt`: a recipe for `edit --recipe`. */
export function addDirectionCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('direction')
    .description("make a direction of a block's update and write the edit that removes or adds it")
    .addArgument(new Argument('<kind>', 'how it is found').choices(kinds))
    .argument('<block>', 'such as up.0.1');
  addPictureOptions(command)
    .option('--prompts <file>', 'difference, probe, pca: one prompt a line, or a table')
    .option('--other-prompts <file>', 'difference, probe: the prompts it is told from')
    .option('--component <number>', 'pca: which one; 0 is the largest', number('component'), 0)
    .option('--channel <number>', 'channel: which one, from 0', number('channel'))
    .option('--vector <file>', 'file: .safetensors, .npy or .json')
    .option('--tensor <name>', 'file: name of the tensor, and a row of a matrix as name#3')
    .option('--add <amount>', 'add it instead of removing it: 5mean, 0.5max, 12raw')
    .option('-o, --out <file>', 'recipe to write', 'direction.json')
    .option('--json', 'print one JSON object on standard output', false)
    .action((kind: Kind, block: string, options: DirectionOptions) =>
      run(kind, block, options, context),
    );
}

async function run(
  kind: Kind,
  block: string,
  options: DirectionOptions,
  context: CommandContext,
): Promise<void> {
  const strength = options.add === undefined ? undefined : strengthOf(options.add);
  const making = kind === 'channel' ? undefined : makingOf(kind, options);
  await withModel('', options, context, async (model) => {
    const made = making
      ? await makeOf(block, making, model)
      : await channelOf(block, wanted(options.channel, 'channel', '--channel'), model);
    const recipe = directionRecipe(block, made, strength);
    const file = resolve(options.out);
    try {
      writeFileSync(file, `${JSON.stringify(recipe)}\n`);
    } catch (error) {
      const { message } = FeaturescopeError.from(error);
      throw new FeaturescopeError('closed', `Cannot write "${file}": ${message}`);
    }
    const name =
      recipe.name ?? `${strength ? 'With' : 'Without'} channel ${String(options.channel)}`;
    const { quality } = made;
    const told = { block, name, ...(quality ? { quality } : {}), file };
    process.stdout.write(
      options.json ? `${JSON.stringify(told)}\n` : `${block}: ${name}\n${file}\n`,
    );
  });
}

async function makeOf(
  block: string,
  making: DirectionMaking,
  { engine, modelDir, provider, base, progress, signal }: ModelRun,
): Promise<MadeDirection> {
  const params = { modelDir, provider, block, base, making };
  const made = await engine.request(makeDirection, params, { signal, onProgress: progress.show });
  progress.clear();
  return made;
}

async function channelOf(
  block: string,
  channel: number,
  { engine, modelDir, signal }: ModelRun,
): Promise<MadeDirection> {
  const blocks = await engine.request(listBlocks, { modelDir }, { signal });
  const found = blocks.find((each) => each.block === block);
  if (!found) {
    const names = blocks.map((each) => each.block).join(', ');
    throw invalidInput(`The block is "${block}"; this model has ${names}.`);
  }
  if (!(Number.isInteger(channel) && channel >= 0 && channel < found.width)) {
    throw invalidInput(
      `--channel is ${String(channel)}; ${block} has the channels 0 to ${String(found.width - 1)}.`,
    );
  }
  return { source: { channel } };
}

function makingOf(kind: Exclude<Kind, 'channel'>, options: DirectionOptions): DirectionMaking {
  if (kind === 'file') {
    const path = resolve(wanted(options.vector, kind, '--vector'));
    const { tensor } = options;
    return tensor === undefined ? { kind, path } : { kind, path, tensor };
  }
  const prompts = { file: resolve(wanted(options.prompts, kind, '--prompts')) };
  if (kind === 'pca') return { kind, prompts, component: options.component };
  const others = wanted(options.otherPrompts, kind, '--other-prompts');
  return { kind, prompts, otherPrompts: { file: resolve(others) } };
}

function wanted<Value>(value: Value | undefined, kind: Kind, option: string): Value {
  if (value !== undefined) return value;
  throw invalidInput(`A direction of kind "${kind}" needs ${option}.`);
}
