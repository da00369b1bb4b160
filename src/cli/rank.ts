import type { Command } from 'commander';
import { type RankedFeature, rankFeatures } from '../protocol/interventions.ts';
import { number } from './number.ts';
import {
  addPictureOptions,
  type CommandContext,
  type PictureOptions,
  withModel,
} from './pictureRun.ts';

interface RankOptions extends PictureOptions {
  readonly prompt: string;
  readonly block: readonly string[];
  readonly count: number;
  readonly json: boolean;
}

/** `featurescope rank --prompt "a cat" --block up.0.1`: which features matter, by removing each alone. */
export function addRankCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('rank')
    .description("remove each of the picture's strongest features alone and list the effects")
    .requiredOption('-p, --prompt <text>', 'what to draw');
  addPictureOptions(command)
    .option(
      '--block <name>',
      'only this block; may come several times (default: all with an SAE)',
      (value: string, before: readonly string[]) => [...before, value],
      [],
    )
    .option('--count <number>', 'how many of the strongest', number('count'), 50)
    .option('--json', 'print one JSON object on standard output', false)
    .action((options: RankOptions) =>
      withModel(options.prompt, options, context, async (model) => {
        const { engine, base, modelDir, provider, signal, progress } = model;
        const blocks = options.block.length > 0 ? { blocks: options.block } : {};
        const { features } = await engine.request(
          rankFeatures,
          { base, modelDir, provider, count: options.count, ...blocks },
          {
            signal,
            onProgress: (value) => {
              if (value.phase !== 'ranked') return;
              progress.say(`${String(value.doneCount)} of ${String(value.totalCount)} features`);
            },
          },
        );
        progress.clear();
        process.stdout.write(options.json ? `${JSON.stringify({ features })}\n` : table(features));
      }),
    );
}

function table(features: readonly RankedFeature[]): string {
  const rows = features.map(({ block, feature, activation, effect, ssim }) =>
    [
      `${block}/${String(feature)}`.padEnd(18),
      ...[activation, effect, ssim].map((value) => value.toFixed(3).padStart(11)),
    ].join(''),
  );
  return `${['feature            activation     effect       ssim', ...rows].join('\n')}\n`;
}
