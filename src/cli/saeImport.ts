import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { Engine } from '../engine/engine.ts';
import { invalidInput } from '../protocol/errors.ts';
import {
  importSaeFiles,
  inspectSae,
  type SaeAnswerValues,
  type SaeInspection,
  type SaeQuestion,
  type SaeQuestionId,
  type SaeSourceFormat,
  saeSourceFormats,
} from '../protocol/saes.ts';
import { number } from './number.ts';
import type { CommandContext } from './pictureRun.ts';
import { saeTable } from './saeWords.ts';

interface ImportOptions {
  readonly model?: string;
  readonly json: boolean;
  readonly format?: SaeSourceFormat;
  readonly block?: string;
  readonly target?: string;
  readonly activation?: string;
  readonly orientation?: string;
  readonly inputScale?: number;
  readonly storage: 'float32' | 'float16';
  readonly suggested: boolean;
  readonly dryRun: boolean;
}

interface Ports {
  readonly context: CommandContext;
  readonly withModel: (
    options: ImportOptions,
    threads: number,
    use: (engine: Engine, modelDir: string) => Promise<void>,
  ) => Promise<void>;
  readonly print: (options: ImportOptions, value: unknown, text: string) => void;
}

const optionOf: Readonly<Record<SaeQuestionId, string>> = {
  target: '--target',
  blockPath: '--block',
  activation: '--activation',
  inputScale: '--input-scale',
  orientation: '--orientation',
};

/** `featurescope sae import FOLDER`: what the files leave open has to be said by options. */
export function addImportCommand(command: Command, { context, withModel, print }: Ports): void {
  command
    .argument('<folder>', 'the SAE’s own folder, or a file in it')
    .addOption(
      new Option('-f, --format <name>', 'refuse other files; else found by itself').choices(
        saeSourceFormats,
      ),
    )
    .option('-b, --block <name>', 'block it belongs to: mid.0, or its path')
    .option('--target <what>', 'what it encodes: update (ΔD) or output')
    .option('--activation <rule>', 'rule, where the files leave it open')
    .option('--input-scale <factor>', 'factor on samples in training', number('input-scale'))
    .option('--orientation <how>', 'how its matrices lie, where the files leave it open')
    .addOption(
      new Option('--storage <type>', 'float16 halves the file; codes move by about 1e-4')
        .choices(['float32', 'float16'])
        .default('float32'),
    )
    .option('--suggested', 'take what the files suggest as answers', false)
    .option('--dry-run', 'only say what was found and what is open', false)
    .action(async (folder: string, options: ImportOptions) => {
      await withModel(options, 0, async (engine, modelDir) => {
        const path = resolve(folder);
        const found = await engine.request(inspectSae, { modelDir, path }, context);
        if (options.dryRun) {
          print(options, found, foundText(found));
          return;
        }
        const answers = answersOf(found, options);
        const made = await engine.request(
          importSaeFiles,
          {
            ...{ modelDir, path, answers, storage: options.storage },
            ...(options.format && { format: options.format }),
          },
          context,
        );
        const next = `Judge it: featurescope sae report ${made.saeId}\n`;
        print(options, made, `${saeTable([made])}${next}`);
      });
    });
}

/** @throws `invalidInput` that lists every question without an answer, and answers to what is not open */
function answersOf(found: SaeInspection, options: ImportOptions): SaeAnswerValues {
  const given: SaeAnswerValues = {
    ...(options.target !== undefined && { target: options.target }),
    ...(options.block !== undefined && { blockPath: pathOf(options.block, found) }),
    ...(options.activation !== undefined && { activation: options.activation }),
    ...(options.inputScale !== undefined && { inputScale: options.inputScale }),
    ...(options.orientation !== undefined && { orientation: options.orientation }),
  };
  for (const id of Object.keys(given) as SaeQuestionId[]) {
    if (found.questions.some((question) => question.id === id)) continue;
    throw invalidInput(`${optionOf[id]} is not open: these files say it themselves.`);
  }
  const answers: SaeAnswerValues = { ...given };
  const open: SaeQuestion[] = [];
  for (const question of found.questions) {
    if (answers[question.id] !== undefined) continue;
    if (options.suggested && question.suggested !== undefined) {
      answers[question.id] = question.suggested;
    } else open.push(question);
  }
  if (open.length === 0) return answers;
  const lines = open.map((question) => `  ${questionText(question, found)}`);
  throw invalidInput(`These files leave open:\n${lines.join('\n')}`);
}

/** A block's short name, or its path with or without `unet.`. */
function pathOf(name: string, { blocks }: SaeInspection): string {
  const path = name.replace(/^unet\./, '');
  const found = blocks.find((each) => each.block === name || each.path === path);
  if (found) return `unet.${found.path}`;
  const known = blocks.map(({ block }) => block).join(', ');
  throw invalidInput(`--block is "${name}"; blocks of this model are ${known}.`);
}

function questionText(
  { id, reason, choices, suggested }: SaeQuestion,
  { blocks, dModel }: SaeInspection,
): string {
  const fitting = blocks.filter(({ width }) => width === undefined || width === dModel);
  const allowed =
    id === 'blockPath'
      ? fitting.map(({ block }) => block).join('|') || 'none of this model is as wide'
      : (choices?.join('|') ?? 'a positive number');
  const hint = suggested === undefined ? '' : ` The files suggest ${String(suggested)}.`;
  return `${optionOf[id]} ${allowed}: ${reason}${hint}`;
}

function foundText(found: SaeInspection): string {
  const { format, kind, dModel, nFeatures, rule, sourceFiles, notes, questions } = found;
  return [
    `${format} (${kind}): ${String(nFeatures)} features of ${String(dModel)} channels; ${rule}`,
    ...sourceFiles.map(
      ({ name, sizeBytes, sha256 }) => `  ${name}  ${String(sizeBytes)} bytes  ${sha256}`,
    ),
    ...notes.map((note) => `  ${note}`),
    ...(questions.length > 0 ? ['Left open:'] : []),
    ...questions.map((question) => `  ${questionText(question, found)}`),
    '',
  ].join('\n');
}
