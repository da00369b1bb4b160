import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Engine } from '../engine/engine.ts';
import { type GenerateResult, savePicture } from '../protocol/engine.ts';
import { FeaturescopeError } from '../protocol/errors.ts';
import {
  addPictureOptions,
  type CommandContext,
  type PictureOptions,
  withPicture,
} from './pictureRun.ts';

interface GenerateOptions extends PictureOptions {
  readonly out?: string;
  readonly manifest: boolean;
  readonly json: boolean;
}

/** `featurescope generate "a cat on grass" --seed 7`: one picture, with its manifest inside the PNG. */
export function addGenerateCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('generate')
    .description('make one picture and write it as PNG')
    .argument('<prompt>', 'what to draw');
  addPictureOptions(command)
    .option('-o, --out <file>', 'PNG to write (default: named after prompt and seed)')
    .option('--manifest', 'write the manifest as JSON beside the PNG too', false)
    .option('--json', 'print one JSON object on standard output', false)
    .action((prompt: string, options: GenerateOptions) =>
      withPicture(prompt, options, context, async (engine, result) => {
        const image = await save(engine, result, prompt, options);
        const text = options.json ? JSON.stringify(jsonOf(image, result)) : image;
        process.stdout.write(`${text}\n`);
      }),
    );
}

async function save(
  engine: Engine,
  { picture, manifest }: GenerateResult,
  prompt: string,
  { out, seed, manifest: writeJsonBeside }: GenerateOptions,
): Promise<string> {
  const words = prompt.toLowerCase().match(/[a-z0-9]+/g) ?? ['picture'];
  const path = resolve(out ?? `${words.join('-').slice(0, 40)}-${String(seed)}.png`);
  try {
    await engine.request(savePicture, { picture, manifest, path, writeJsonBeside });
    return path;
  } catch (error) {
    // Usage was right and the picture was made: this is a failure, not bad usage.
    const { message } = FeaturescopeError.from(error);
    throw new FeaturescopeError('closed', message, { cause: error });
  }
}

function jsonOf(image: string, { manifest }: GenerateResult): object {
  return { image, ...manifest };
}
