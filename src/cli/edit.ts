import { type Command, Option } from 'commander';
import { effectSize } from '../numerics/effectSize.ts';
import {
  type Control,
  controlKinds,
  copyEdit,
  type CopyParams,
  makeControls,
  runBoard,
} from '../protocol/interventions.ts';
import { boardTable, type BoardLine, guardWords, writeBoard } from './boardFiles.ts';
import { addEditOptions, type EditOptions, recipeOf } from './editOptions.ts';
import { number } from './number.ts';
import {
  addPictureOptions,
  type CommandContext,
  type PictureOptions,
  withModel,
} from './pictureRun.ts';

interface EditCommandOptions extends PictureOptions, EditOptions {
  readonly prompt?: string;
  readonly out: string;
  readonly controls: number;
  readonly controlSeed: number;
  readonly copy?: CopyParams['form'];
  readonly json: boolean;
}

/** `featurescope edit --prompt "a cat" --remove up.0.1/123 --controls 4`: unedited, edited, controls, figures. */
export function addEditCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('edit')
    .description('edit features and compare with the unedited picture; PNGs and figures.json')
    .option('-p, --prompt <text>', "what to draw (default: the recipe's own picture)");
  addEditOptions(addPictureOptions(command))
    .option('-o, --out <folder>', 'folder to write to', 'edit')
    .option('--controls <number>', 'matched controls of each kind', number('controls'), 0)
    .option('--control-seed <number>', 'which controls', number('control-seed'), 0)
    .addOption(
      new Option('--copy <form>', 'print the edit in this form instead of making pictures').choices(
        ['json', 'command', 'python'] satisfies CopyParams['form'][],
      ),
    )
    .option('--json', 'print one JSON object on standard output', false)
    .action((options: EditCommandOptions, self: Command) => {
      const isNamed = (name: string): boolean => self.getOptionValueSource(name) === 'cli';
      return run(options, isNamed, context);
    });
}

async function run(
  options: EditCommandOptions,
  isNamed: (option: string) => boolean,
  context: CommandContext,
): Promise<void> {
  const recipe = recipeOf(options);
  const own = recipe.base;
  // The recipe tells the picture that it was made for; what is named on the command line comes first.
  const picture: EditCommandOptions = own
    ? {
        ...options,
        ...{ steps: options.steps ?? own.steps, guidance: options.guidance ?? own.guidanceScale },
        scheduler: options.scheduler ?? own.scheduler,
        ...{ width: options.width ?? own.width, height: options.height ?? own.height },
        ...(isNamed('seed') ? {} : { seed: own.seed }),
        ...(isNamed('negative') ? {} : { negative: own.negativePrompt }),
      }
    : options;
  await withModel(options.prompt ?? own?.prompt ?? '', picture, context, async (model) => {
    const { engine, base, modelDir, provider, signal } = model;
    if (options.copy) {
      const params = { base, recipe, modelDir, provider, form: options.copy };
      const { text } = await engine.request(copyEdit, params, { signal });
      process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
      return;
    }
    let controls: readonly Control[] = [];
    if (options.controls > 0) {
      const { controls: count, controlSeed: seed } = options;
      const params = { base, recipe, modelDir, provider, count, seed, kinds: controlKinds };
      ({ controls } = await engine.request(makeControls, params, { signal }));
    }
    const variants = [recipe, ...controls.map((control) => control.recipe)];
    const lines = await writeBoard(
      model,
      runBoard,
      { modelDir, provider, bases: [base], variants },
      options.out,
      (index) => nameOf(index, controls),
    );
    // A control's codes are its vector's length against the edit's: their range says nothing.
    for (const words of guardWords(lines.slice(0, 2))) process.stderr.write(`${words}\n`);
    process.stdout.write(
      options.json
        ? `${JSON.stringify({ pictures: lines, effects: effectsOf(lines, controls) })}\n`
        : boardTable(lines) + effectWords(lines, controls),
    );
  });
}

function nameOf(index: number | null, controls: readonly Control[]): string {
  if (index === null) return 'unedited';
  if (index === 0) return 'edited';
  const { kind } = controls[index - 1] ?? { kind: 'control' };
  return `control-${kind}-${String(index)}`;
}

/** The edit's pixel distance against that of its controls, by kind. */
function effectsOf(lines: readonly BoardLine[], controls: readonly Control[]) {
  const distance = (index: number): number => lines[index]?.figures?.pixelDistance ?? NaN;
  return controlKinds.flatMap((kind) => {
    const values = controls.flatMap((control, i) =>
      control.kind === kind ? [distance(i + 2)] : [],
    );
    if (values.length === 0) return [];
    return [
      { kind, count: values.length, effect: distance(1), ...effectSize(distance(1), values) },
    ];
  });
}

function effectWords(lines: readonly BoardLine[], controls: readonly Control[]): string {
  return effectsOf(lines, controls)
    .map(({ kind, count, effect, controlMean, controlStd, size }) => {
      const against = `${controlMean.toFixed(3)} ± ${controlStd.toFixed(3)} (${String(count)} controls)`;
      const sized = size === null ? '' : `, effect size ${size.toFixed(2)}`;
      return `${kind}: ${effect.toFixed(3)} against ${against}${sized}\n`;
    })
    .join('');
}
