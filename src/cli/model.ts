import { resolve } from 'node:path';
import type { Command } from 'commander';
import { defaultHubUrl, downloadKind, planDownload } from '../protocol/downloads.ts';
import { invalidInput } from '../protocol/errors.ts';
import { startJob } from '../protocol/jobs.ts';
import {
  addModel,
  inspectModel,
  listModels,
  type ModelEntry,
  removeModel,
} from '../protocol/models.ts';
import { bytesText, exportText, inspectionText } from '../protocol/modelWords.ts';
import { exitCodes } from './exitCodes.ts';
import { followJob, withJobs } from './jobRun.ts';
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
  model
    .command('download')
    .argument('<owner/name>', 'a repository, maybe with @revision')
    .description('fetch an ONNX model into the storage folder; goes on where it was interrupted')
    .option(
      '--hub <address>',
      'Hugging Face or a mirror',
      process.env['HF_ENDPOINT'] ?? defaultHubUrl,
    )
    .option('--yes', 'fetch it without showing first how much it is', false)
    .action((name: string, { hub: hubUrl, yes }: { hub: string; yes: boolean }) =>
      withJobs(context, 0, async (engine, updates) => {
        const params = { name, hubUrl };
        const offer = await engine.request(planDownload, params);
        const { repo, fileCount, sizeBytes, page } = offer;
        process.stderr.write(
          `${repo}: ${String(fileCount)} files, ${bytesText(sizeBytes)}; terms: ${page}\n`,
        );
        if (!yes) throw invalidInput('Nothing was fetched: add --yes when you want it.');
        const { jobId } = await engine.request(startJob, { kind: downloadKind, params });
        const { summary, path } = await followJob(jobId, context.signal, updates);
        process.stdout.write(`${path ?? ''}\n`);
        process.stderr.write(`${summary}\n`);
      }),
    );
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
