import { type Command, Option } from 'commander';
import { makeStrip } from '../protocol/interventions.ts';
import { type PaintRows, paintRows, type StrengthUnit, strengthUnits } from '../protocol/recipe.ts';
import { boardTable, guardWords, writeBoard } from './boardFiles.ts';
import { featureOf } from './editOptions.ts';
import { numberList } from './number.ts';
import {
  addPictureOptions,
  type CommandContext,
  type PictureOptions,
  withModel,
} from './pictureRun.ts';

interface StripOptions extends PictureOptions {
  readonly prompt: string;
  readonly strengths: readonly number[];
  readonly unit: StrengthUnit;
  readonly paint: PaintRows;
  readonly out: string;
  readonly json: boolean;
}

/** `featurescope strip up.0.1/123 --prompt "a cat" --strengths=-10,0,10`: one feature over a range of strengths. */
export function addStripCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('strip')
    .description(
      'add a feature at several strengths: pictures, and the distance to the unedited one',
    )
    .argument('<block/feature>', 'such as up.0.1/123')
    .requiredOption('-p, --prompt <text>', 'what to draw');
  addPictureOptions(command)
    .option(
      '--strengths <numbers>',
      'separated by commas',
      numberList('strengths'),
      [-10, -5, 0, 5, 10],
    )
    .addOption(
      new Option('--unit <unit>', 'of the strengths').choices(strengthUnits).default('mean'),
    )
    .addOption(
      new Option('--paint <rows>', 'with guidance, rows that are painted')
        .choices(paintRows)
        .default('both'),
    )
    .option('-o, --out <folder>', 'folder to write to', 'strip')
    .option('--json', 'print one JSON object on standard output', false)
    .action(async (name: string, options: StripOptions) => {
      const { block, source } = featureOf(name, 'The feature');
      const { strengths, unit, paint: rows } = options;
      await withModel(options.prompt, options, context, async (model) => {
        const { base, modelDir, provider } = model;
        const lines = await writeBoard(
          model,
          makeStrip,
          { base, modelDir, provider, block, source, strengths, unit, rows },
          options.out,
          (index) =>
            index === null
              ? 'unedited'
              : `${String(index + 1).padStart(2, '0')}-${String(strengths[index])}-${unit}`,
        );
        for (const words of guardWords(lines)) process.stderr.write(`${words}\n`);
        const pictures = { pictures: lines };
        process.stdout.write(options.json ? `${JSON.stringify(pictures)}\n` : boardTable(lines));
      });
    });
}
