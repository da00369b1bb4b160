import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { Engine } from '../engine/engine.ts';
import { defaultAcceptancePrompts } from '../protocol/acceptancePrompts.ts';
import { describeModel } from '../protocol/engine.ts';
import { invalidInput } from '../protocol/errors.ts';
import type { ProviderWish } from '../protocol/provider.ts';
import {
  type AcceptanceProgress,
  acceptSaeOnPrompts,
  chooseSae,
  type SaeExportFormat,
  exportSaeFiles,
  listSaes,
  readAcceptance,
  removeSae,
  restoreSae,
  type SaeEntry,
  saeExportFormats,
} from '../protocol/saes.ts';
import { exitCodes } from './exitCodes.ts';
import { number } from './number.ts';
import type { CommandContext } from './pictureRun.ts';
import { progressLine, wordsOf } from './progressLine.ts';
import { addImportCommand } from './saeImport.ts';
import { reportText, saeTable } from './saeWords.ts';
import { addTrainCommand } from './trainSae.ts';
import { withEngine } from './withEngine.ts';
import { providerOption } from './providerOption.ts';

interface ModelOptions {
  readonly model?: string;
  readonly json: boolean;
}

interface ReportOptions extends ModelOptions {
  readonly prompts?: string;
  readonly prompt: readonly string[];
  readonly seed: number;
  readonly steps?: number;
  readonly guidance?: number;
  readonly provider: ProviderWish;
  readonly threads: number;
  readonly last: boolean;
}

const whichSae = 'id of an SAE, or a block: the SAE that is used there';

/** `featurescope sae …`: the SAEs of a model, its own and imported ones. */
export function addSaeCommands(program: Command, context: CommandContext): void {
  const sae = program.command('sae').description('sparse autoencoders of a model');
  const { signal } = context;
  const withModel = async (
    { model }: ModelOptions,
    threads: number,
    use: (engine: Engine, modelDir: string) => Promise<void>,
  ): Promise<void> => {
    const modelDir = resolve(model ?? join(context.packageDir, 'models', 'mini'));
    await withEngine(context, threads, (engine) => use(engine, modelDir));
  };
  const add = (name: string, description: string): Command =>
    sae
      .command(name)
      .description(description)
      .option('-m, --model <dir>', 'model folder (default: the embedded model)')
      .option('--json', 'print one JSON object on standard output', false);
  const print = (options: ModelOptions, value: unknown, text: string): void => {
    process.stdout.write(options.json ? `${JSON.stringify(value)}\n` : text);
  };

  addTrainCommand(sae, context);
  addImportCommand(add('import', "take over somebody's SAE files for a model"), {
    context,
    withModel,
    print,
  });

  add('list', 'list the SAEs, and which one is used in each block').action(
    async (options: ModelOptions) => {
      await withModel(options, 0, async (engine, modelDir) => {
        const list = await engine.request(listSaes, { modelDir });
        for (const { saeId, cause } of list.broken) {
          process.stderr.write(`${saeId} cannot be read: ${cause}\n`);
        }
        print(options, list, saeTable(list.saes));
      });
    },
  );

  add('report', 'judge an SAE by pictures of the model; exit code 1 when it is rejected')
    .argument('<sae>', whichSae)
    .option('--prompts <file>', 'text file, one prompt a line (default: eight of our own)')
    .option('-p, --prompt <text>', 'a prompt; may be repeated', collect, [])
    .option(
      '-s, --seed <number>',
      'of the first picture; each next has the next',
      number('seed'),
      0,
    )
    .option('--steps <number>', "denoising steps (default: the model's own)", number('steps'))
    .option('-g, --guidance <number>', "guidance (default: the model's own)", number('guidance'))
    .addOption(providerOption())
    .option('--threads <number>', 'threads inside an operator', number('threads'), 0)
    .option('--last', 'print the last report instead of making a new one', false)
    .action(async (which: string, options: ReportOptions) => {
      await withModel(options, options.threads, async (engine, modelDir) => {
        const { saeId } = await find(engine, modelDir, which);
        const record = options.last
          ? await engine.request(readAcceptance, { modelDir, saeId })
          : await judge(engine, modelDir, saeId, options, signal);
        if (!record) throw invalidInput(`There is no report on "${saeId}" yet; leave out --last.`);
        print(options, record, reportText(record));
        if (record.verdict.status === 'rejected') process.exitCode = exitCodes.failed;
      });
    });

  add('export', 'write an SAE as files that others read')
    .argument('<sae>', whichSae)
    .addOption(
      new Option('-f, --format <name>', 'safetensors is our own form')
        .choices(saeExportFormats)
        .makeOptionMandatory(),
    )
    .requiredOption('-o, --out <dir>', 'a new or an empty folder')
    .action(
      async (which: string, options: ModelOptions & { format: SaeExportFormat; out: string }) => {
        await withModel(options, 0, async (engine, modelDir) => {
          const { saeId } = await find(engine, modelDir, which);
          const path = resolve(options.out);
          const { format } = options;
          const { files } = await engine.request(exportSaeFiles, { modelDir, saeId, format, path });
          print(options, { path, files }, `${path}: ${files.join(', ')}\n`);
        });
      },
    );

  const change = (name: string, description: string, argument: string): Command =>
    add(name, description).argument('<sae>', argument);
  change('remove', 'remove an imported SAE; "restore" brings it back', 'its id').action(
    async (saeId: string, options: ModelOptions) => {
      await withModel(options, 0, async (engine, modelDir) => {
        await engine.request(removeSae, { modelDir, saeId }, { signal });
        print(options, { removed: saeId }, `Removed ${saeId}; "sae restore" brings it back.\n`);
      });
    },
  );
  change('restore', 'bring a removed SAE back', 'its id').action(
    async (saeId: string, options: ModelOptions) => {
      await withModel(options, 0, async (engine, modelDir) => {
        await engine.request(restoreSae, { modelDir, saeId });
        print(options, { restored: saeId }, `Restored ${saeId}.\n`);
      });
    },
  );
  change('choose', 'say which SAE is used in its block', 'its id')
    .option('--no-longer', 'go back to the rule: the one that was imported last')
    .action(async (saeId: string, options: ModelOptions & { longer: boolean }) => {
      await withModel(options, 0, async (engine, modelDir) => {
        await engine.request(chooseSae, { modelDir, saeId, isChosen: options.longer });
        const { saes } = await engine.request(listSaes, { modelDir });
        const used = saes.filter(({ activeBecause }) => activeBecause);
        print(options, { active: used.map((entry) => entry.saeId) }, saeTable(used));
      });
    });
}

const collect = (text: string, before: readonly string[]): readonly string[] => [...before, text];

async function find(engine: Engine, modelDir: string, which: string): Promise<SaeEntry> {
  const { saes } = await engine.request(listSaes, { modelDir });
  const path = which.replace(/^unet\./, '');
  const found =
    saes.find(({ saeId }) => saeId === which) ??
    saes.find((sae) => sae.activeBecause && (sae.block === which || sae.path === path));
  if (found) return found;
  const known = saes.map(({ saeId }) => saeId).join(', ');
  throw invalidInput(`There is no SAE "${which}"; this model has ${known || 'none'}.`);
}

async function judge(
  engine: Engine,
  modelDir: string,
  saeId: string,
  options: ReportOptions,
  signal: AbortSignal,
) {
  const { defaults } = await engine.request(describeModel, { modelDir });
  const settings = {
    prompts: promptsOf(options),
    seed: options.seed,
    steps: options.steps ?? defaults.steps,
    guidanceScale: options.guidance ?? defaults.guidanceScale,
  };
  const line = progressLine();
  try {
    return await engine.request(
      acceptSaeOnPrompts,
      { modelDir, saeId, settings, provider: options.provider },
      {
        signal,
        onProgress: (progress) => {
          line.say(progressWords(progress));
        },
      },
    );
  } finally {
    line.clear();
  }
}

function promptsOf({ prompts: file, prompt }: ReportOptions): readonly string[] {
  if (file === undefined) return prompt.length > 0 ? prompt : defaultAcceptancePrompts;
  let text: string;
  try {
    text = readFileSync(resolve(file), 'utf8');
  } catch (error) {
    throw invalidInput(`--prompts "${file}" cannot be read: ${String(error)}`);
  }
  const lines = text.split(/\r?\n/).filter((each) => each.trim() !== '');
  return [...lines, ...prompt];
}

function progressWords(progress: AcceptanceProgress): string {
  switch (progress.phase) {
    case 'pictures': {
      const { donePictures, totalPictures, within } = progress;
      if (donePictures === totalPictures) return 'Pictures are made';
      const count = `Picture ${String(donePictures + 1)} of ${String(totalPictures)}`;
      // A line that is not rewritten would fill a log.
      return within && process.stderr.isTTY ? `${count}: ${wordsOf(within)}` : count;
    }
    case 'steps':
      return `Measuring step ${String(progress.doneSteps)} of ${String(progress.totalSteps)}`;
    case 'readings':
      return `Tried as ${progress.name}`;
  }
}
