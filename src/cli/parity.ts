import type { Command } from 'commander';
import { reportParity } from '../protocol/parity.ts';
import { parityText } from '../protocol/parityWords.ts';
import { chooseProvider } from '../protocol/provider.ts';
import {
  addPictureOptions,
  type CommandContext,
  type PictureOptions,
  withModel,
} from './pictureRun.ts';

/** `featurescope parity`: what a provider's numbers are worth, measured against the CPU. */
export function addParityCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('parity')
    .argument('[prompt]', 'what the compared picture shows', 'a red apple on grass')
    .description('compare a provider with the CPU: features, strengths, pixels and time');
  addPictureOptions(command)
    .option('--json', 'print one JSON object on standard output', false)
    .action(async (prompt: string, options: PictureOptions & { json: boolean }) => {
      await withModel(prompt, options, context, async (run) => {
        const { engine, modelDir, base, progress, signal } = run;
        const provider =
          run.provider === 'auto'
            ? (await engine.request(chooseProvider, { modelDir }, { signal })).provider
            : run.provider;
        const report = await engine.request(
          reportParity,
          { modelDir, provider, base },
          { signal, onProgress: progress.show },
        );
        progress.clear();
        process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : parityText(report));
      });
    });
}
