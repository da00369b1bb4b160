import type { Command } from 'commander';
import { makeIcon } from '../protocol/interventions.ts';
import { boardTable, writeBoard } from './boardFiles.ts';
import { featureOf } from './editOptions.ts';
import { numberList } from './number.ts';
import {
  addPictureOptions,
  type CommandContext,
  type PictureOptions,
  withModel,
} from './pictureRun.ts';

interface IconOptions extends PictureOptions {
  readonly gamma: readonly number[];
  readonly out: string;
  readonly json: boolean;
}

/** `featurescope icon up.0.1/123`: what the feature draws on the empty prompt, at γ = 0.5, 1 and 1.5. */
export function addIconCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('icon')
    .description('draw a feature alone, on the empty prompt')
    .argument('<block/feature>', 'such as up.0.1/123');
  addPictureOptions(command)
    .option(
      '--gamma <numbers>',
      'strengths, × k × mean of active',
      numberList('gamma'),
      [0.5, 1, 1.5],
    )
    .option('-o, --out <folder>', 'folder to write to', 'icon')
    .option('--json', 'print one JSON object on standard output', false)
    .action(async (name: string, options: IconOptions) => {
      const { block, source } = featureOf(name, 'The feature');
      const gammas = options.gamma;
      await withModel('', options, context, async (model) => {
        const { base, modelDir, provider } = model;
        const lines = await writeBoard(
          model,
          makeIcon,
          { base, modelDir, provider, block, source, gammas },
          options.out,
          (index) => (index === null ? 'empty' : `gamma-${String(gammas[index])}`),
        );
        const pictures = { pictures: lines };
        process.stdout.write(options.json ? `${JSON.stringify(pictures)}\n` : boardTable(lines));
      });
    });
}
