import { resolve } from 'node:path';
import type { Command } from 'commander';
import { bytesText } from '../protocol/countText.ts';
import { invalidInput } from '../protocol/errors.ts';
import {
  addModel,
  inspectModel,
  listModels,
  type ModelEntry,
  removeModel,
} from '../protocol/models.ts';
import { exportText, inspectionText } from '../protocol/modelWords.ts';
import { addDownloadCommand } from './download.ts';
import { exitCodes } from './exitCodes.ts';
import type { CommandContext } from './pictureRun.ts';
import { withEngine } from './withEngine.ts';

interface JsonOption {
  readonly json: boolean;
}

/** `featurescope model …`: which models there are, and whether a folder is one. */
export function addModelCommands(program: Command, context: CommandContext): void {
  const model = program.command('model').description('models on this machine');
  const folder = '<folder>';
  const json = ['--json', 'print one JSON object on standard output', false] as const;
  const print = (options: JsonOption, value: unknown, text: string): void => {
    process.stdout.write(options.json ? `${JSON.stringify(value)}\n` : text);
  };

  model
    .command('inspect')
    .argument(folder)
    .description('look at a model folder without running it; exit code 1 when it cannot be used')
    .option(...json)
    .action((dir: string, options: JsonOption) =>
      withEngine(context, 0, async (engine) => {
        const found = await engine.request(inspectModel, { modelDir: resolve(dir) });
        print(options, found, inspectionText(found));
        if (!found.isUsable) process.exitCode = exitCodes.failed;
      }),
    );
  model
    .command('add')
    .argument(folder)
    .description('put a model folder on the list; its files stay where they are')
    .option('--accept-licence', 'you have read its licence and keep to it', false)
    .option(...json)
    .action((dir: string, options: JsonOption & { acceptLicence: boolean }) =>
      withEngine(context, 0, async (engine) => {
        const modelDir = resolve(dir);
        const { licence } = await engine.request(inspectModel, { modelDir });
        if (!options.acceptLicence) {
          throw invalidInput(
            `Its licence: ${licence.name} (${licence.source})${licence.isNonCommercial ? ', for non-commercial use' : ''}. Add --accept-licence when you keep to it.`,
          );
        }
        const added = await engine.request(addModel, { modelDir, acceptedLicence: licence.id });
        print(options, added, tableOf([added.entry]));
      }),
    );
  model
    .command('list')
    .description('the embedded model and those that were added')
    .option(...json)
    .action((options: JsonOption) =>
      withEngine(context, 0, async (engine) => {
        const found = await engine.request(listModels, null);
        print(options, found, tableOf(found.models));
      }),
    );
  model
    .command('remove')
    .argument(folder)
    .description('take a model off the list; files that were downloaded are deleted')
    .option(...json)
    .action((dir: string, options: JsonOption) =>
      withEngine(context, 0, async (engine) => {
        const left = await engine.request(removeModel, { modelDir: resolve(dir) });
        print(options, left, tableOf(left.models));
      }),
    );
  addDownloadCommand(model, context);
  model
    .command('export-help')
    .description('how to make an ONNX folder of a diffusers model')
    .action(() => {
      process.stdout.write(exportText);
    });
}

const tableOf = (models: readonly ModelEntry[]): string =>
  models
    .map(({ title, dir, sizeBytes, licence, problem }) => {
      const state = problem ?? `${bytesText(sizeBytes)}, ${licence}`;
      return `${title}  ${dir}\n  ${state}\n`;
    })
    .join('');
