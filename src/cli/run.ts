import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import {
  type ExperimentParams,
  type ExperimentProgress,
  exportExperiment,
  type ExportForm,
  exportForms,
  replayExperiment,
  type ReplayReport,
  runExperiment,
  type RunExperimentResult,
} from '../protocol/experiment.ts';
import { invalidInput } from '../protocol/errors.ts';
import type { ProviderWish } from '../protocol/provider.ts';
import { modelDirOf } from './modelDirOf.ts';
import { withEngine } from './withEngine.ts';
import { exitCodes } from './exitCodes.ts';
import { number } from './number.ts';
import type { CommandContext } from './pictureRun.ts';
import { progressLine } from './progressLine.ts';
import { providerOption } from './providerOption.ts';

interface RunOptions {
  readonly model?: string;
  readonly provider: ProviderWish;
  readonly threads: number;
  readonly out?: string;
  readonly fresh: boolean;
  readonly replay: boolean;
  readonly export?: ExportForm;
  readonly to?: string;
  readonly json: boolean;
}

/** `featurescope run EXPERIMENT.sae.json`: makes an experiment's pictures beside its file, goes on, replays, exports. */
export function addRunCommand(program: Command, context: CommandContext): void {
  program
    .command('run')
    .description('run an experiment file; what is there already is kept')
    .argument('<experiment>', 'a *.sae.json file')
    .option('-m, --model <dir>', 'model folder (default: the embedded model)')
    .addOption(providerOption())
    .option('--threads <number>', 'threads inside an operator; 0 = automatic', number('threads'), 0)
    .option('-o, --out <folder>', 'where results go (default: .sae/results beside the file)')
    .option('--fresh', 'make all pictures anew', false)
    .option('--replay', 'make all anew in memory and compare with the results', false)
    .addOption(new Option('--export <form>', 'write it for elsewhere').choices(exportForms))
    .option('--to <path>', 'what --export writes (default: beside the file, named after it)')
    .option('--json', 'print one JSON object on standard output', false)
    .action((file: string, options: RunOptions) => run(file, options, context));
}

async function run(file: string, options: RunOptions, context: CommandContext): Promise<void> {
  if (options.replay && (options.fresh || options.export !== undefined)) {
    throw invalidInput('--replay writes nothing: it goes with neither --fresh nor --export.');
  }
  if (options.to !== undefined && options.export === undefined) {
    throw invalidInput('--to needs --export.');
  }
  await withEngine(context, options.threads, async (engine) => {
    const line = progressLine();
    const { signal } = context;
    const params: ExperimentParams = {
      modelDir: modelDirOf(context, options.model),
      provider: options.provider,
      path: resolve(file),
      ...(options.out !== undefined && { outDir: resolve(options.out) }),
    };
    let hasPicture = false;
    const onProgress = (value: ExperimentProgress): void => {
      if (value.phase === 'made') hasPicture = true;
      else if (value.phase === 'making') {
        line.say(`Picture ${String(value.pictureIndex + 1)} of ${String(value.pictureCount)}`);
      } else if (value.phase === 'waiting' || (value.phase === 'loading' && !hasPicture)) {
        line.show(value);
      }
    };
    const print = (value: object, text: () => string): void => {
      line.clear();
      process.stdout.write(options.json ? `${JSON.stringify(value)}\n` : text());
    };
    try {
      if (options.replay) {
        const report = await engine.request(replayExperiment, params, { signal, onProgress });
        print(report, () => replayText(report));
        if (report.verdict === 'differs') process.exitCode = exitCodes.failed;
        return;
      }
      const { export: form, to } = options;
      const isRun = form !== 'python';
      const result = isRun
        ? await engine.request(
            runExperiment,
            { ...params, isFresh: options.fresh },
            { signal, onProgress },
          )
        : undefined;
      if (form === undefined) {
        if (result) print(result, () => resultText(result));
        return;
      }
      const exported = { ...params, form, ...(to !== undefined && { to: resolve(to) }) };
      const { paths } = await engine.request(exportExperiment, exported, { signal, onProgress });
      print({ paths }, () => paths.map((path) => `${path}\n`).join(''));
    } finally {
      line.clear();
    }
  });
}

function resultText({ dir, rows, madeCount, pictureCount }: RunExperimentResult): string {
  const cells = rows.map(({ picture, figures }) => {
    const cell = (value: number | null | undefined, digits: number): string =>
      (value === undefined || value === null ? '-' : value.toFixed(digits)).padStart(9);
    const { pixelDistance, ssim, area } = figures ?? {};
    return [
      picture.padEnd(24),
      ...[cell(pixelDistance, 3), cell(ssim, 4), cell(area?.inside, 3)],
      ...[cell(area?.outside, 3), cell(area?.locality, 2)],
    ].join('');
  });
  const head = `${'picture'.padEnd(24)} distance     ssim   inside  outside locality`;
  const made = `${String(madeCount)} of ${String(pictureCount)} pictures made now`;
  return `${[head, ...cells].join('\n')}\n${made}: ${dir}\n`;
}

function replayText({ verdict, isBitsAsked, tolerance, changes, pictures }: ReplayReport): string {
  const verdicts = {
    equal: 'Equal: every pixel, code and figure, bit for bit.',
    within: `Equal within the tolerance: |Δ| up to ${String(tolerance.largest)} of 255, ${String(tolerance.mean)} on average.`,
    differs: 'Different.',
  } as const;
  const lines = pictures
    .filter((one) => one.verdict !== 'equal')
    .map(({ column, variant, words }) => {
      return `column ${String(column + 1)}, ${variant ?? 'unedited'}: ${words}`;
    });
  const setting = isBitsAsked ? [] : [`Another setting: ${changes.join('; ')}.`];
  return `${[verdicts[verdict], ...setting, ...lines].join('\n')}\n`;
}
