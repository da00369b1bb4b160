import type { Command } from 'commander';
import { type ParityReport, reportParity } from '../protocol/parity.ts';
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
        const { engine, modelDir, provider, base, progress, signal } = run;
        const report = await engine.request(
          reportParity,
          { modelDir, provider, base },
          { signal, onProgress: progress.show },
        );
        progress.clear();
        process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : tableOf(report));
      });
    });
}

function tableOf({ provider, blocks, picture, runMs, note }: ParityReport): string {
  const lines = blocks.map(({ block, cellCount, equalCellCount, largestError, largestValue }) => {
    const share = ((100 * equalCellCount) / cellCount).toFixed(2);
    return (
      `${block.padEnd(10)} same features in ${share} % of ${String(cellCount)} cells; ` +
      `strengths differ by up to ${largestError.toPrecision(2)} of ${largestValue.toPrecision(3)}`
    );
  });
  return [
    `${provider} (one session) against cpu (chain of segments)`,
    ...lines,
    `picture    up to ${String(picture.largestError)} of 255, mean ${picture.meanError.toFixed(3)}, SSIM ${picture.ssim.toFixed(5)}`,
    `time       ${runMs.provider.toFixed(0)} ms, cpu ${runMs.cpu.toFixed(0)} ms`,
    ...(note === '' ? [] : [note]),
    '',
  ].join('\n');
}
