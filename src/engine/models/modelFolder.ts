import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { ModelDescription } from '../../protocol/engine.ts';
import { modelError } from '../../protocol/errors.ts';
import { type SchedulerName, schedulerNames } from '../../protocol/manifest.ts';
import {
  modelIndexSchema,
  ownSettingsSchema,
  schedulerFactsSchema,
  type TextEncoderConfig,
  textEncoderConfigSchema,
  type UnetConfig,
  unetConfigSchema,
  type VaeConfig,
  vaeConfigSchema,
} from './configs.ts';
import { describeModel } from './describeModel.ts';
import { configSizeBytesMax, graphSizeBytesMax, vocabularySizeBytesMax } from './limits.ts';
import { hasModelFile, type ModelFile, readModelJson, statModelFile } from './modelFiles.ts';
import { readTokenizerFiles, type TokenizerFiles } from './tokenizerFiles.ts';

export interface TextEncoderPart {
  /** `text_encoder`, `text_encoder_2` */
  readonly name: string;
  readonly graph: ModelFile;
  readonly config: TextEncoderConfig;
  readonly tokenizer: TokenizerFiles;
}

/** A model folder in Optimum's layout, read and checked: everything that the pipeline needs to know of it. */
export interface ModelFolder {
  readonly dir: string;
  readonly description: ModelDescription;
  /** One or two, in the order in which their hidden states are joined. */
  readonly textEncoders: readonly TextEncoderPart[];
  readonly unet: { readonly graph: ModelFile; readonly config: UnetConfig };
  readonly vaeDecoder: { readonly graph: ModelFile; readonly config: VaeConfig };
  /** Absent in folders that were made for text to image alone. */
  readonly vaeEncoder: { readonly graph: ModelFile } | undefined;
  /** As the file has it; `createScheduler` checks every key. */
  readonly schedulerConfig: Readonly<Record<string, unknown>>;
  /** An absent negative prompt means zero embeddings instead of the encoding of "". */
  readonly forceZerosForEmptyPrompt: boolean;
  /** Every file that decides a picture. */
  readonly files: readonly ModelFile[];
}

/**
 * Reads a model folder as Optimum writes it. Graphs are looked at, not read.
 *
 * @throws `model` naming the file and what is wrong with it: missing, empty, malformed, leading out of the folder, or
 * a setting that would change pictures and is not implemented
 */
export async function readModelFolder(modelDir: string): Promise<ModelFolder> {
  const dir = resolve(modelDir);
  const index = await readModelJson(dir, 'model_index.json', modelIndexSchema);
  const names = (['text_encoder', 'text_encoder_2'] as const).filter(
    (name) => index[name][1] !== null,
  );
  if (names.length === 0) throw modelError(`model_index.json in ${dir} names no text encoder.`);
  const textEncoders = await Promise.all(names.map((name) => readTextEncoder(dir, name)));
  const unet = {
    graph: await statGraph(dir, 'unet'),
    config: await readModelJson(dir, 'unet/config.json', unetConfigSchema),
  };
  const vaeDecoder = {
    graph: await statGraph(dir, 'vae_decoder'),
    config: await readModelJson(dir, 'vae_decoder/config.json', vaeConfigSchema),
  };
  const hasEncoder = await hasModelFile(dir, 'vae_encoder/model.onnx');
  const vaeEncoder = hasEncoder ? { graph: await statGraph(dir, 'vae_encoder') } : undefined;
  const schedulerConfig = await readModelJson(
    dir,
    'scheduler/scheduler_config.json',
    schedulerFactsSchema,
  );
  const own = (await hasModelFile(dir, 'featurescope.json'))
    ? await readModelJson(dir, 'featurescope.json', ownSettingsSchema)
    : { defaults: {} };
  const files = await listFiles(dir, textEncoders);
  const description = describeModel({
    dir,
    id: own.id ?? basename(dir),
    own,
    scheduler: schedulerNameOf(schedulerConfig._class_name),
    schedulerFacts: schedulerConfig,
    textEncoders,
    unet: unet.config,
    vae: vaeDecoder.config,
    sizeBytes: files.reduce((total, file) => total + file.sizeBytes, 0),
  });
  return {
    dir,
    description,
    textEncoders,
    unet,
    vaeDecoder,
    vaeEncoder,
    schedulerConfig,
    forceZerosForEmptyPrompt: index.force_zeros_for_empty_prompt,
    files,
  };
}

/** @throws `model` as `readModelFolder` */
export async function readTextEncoder(dir: string, name: string): Promise<TextEncoderPart> {
  const [graph, config, tokenizer] = await Promise.all([
    statGraph(dir, name),
    readModelJson(dir, `${name}/config.json`, textEncoderConfigSchema),
    readTokenizerFiles(dir, name.replace('text_encoder', 'tokenizer')),
  ]);
  return { name, graph, config, tokenizer };
}

/** A part's graph, looked at. @throws `model` */
export const statGraph = (dir: string, name: string): Promise<ModelFile> =>
  statModelFile(dir, `${name}/model.onnx`, graphSizeBytesMax);

/** @throws `model` naming what is implemented */
export function schedulerNameOf(className: string | undefined): SchedulerName {
  const known = schedulerNames.find((name) => name === className);
  if (known) return known;
  throw modelError(
    `scheduler/scheduler_config.json: the scheduler ${JSON.stringify(className)} is not implemented; ` +
      `implemented are ${schedulerNames.join(', ')}.`,
  );
}

/** Weights of other frameworks, which people keep beside the graphs. */
const foreignFile = /\.(?:safetensors|bin|pt|pth|ckpt|msgpack|h5|md)$/;

async function listFiles(
  dir: string,
  textEncoders: readonly TextEncoderPart[],
): Promise<readonly ModelFile[]> {
  const files = [
    await statModelFile(dir, 'model_index.json', configSizeBytesMax),
    await statModelFile(dir, 'scheduler/scheduler_config.json', configSizeBytesMax),
  ];
  for (const { tokenizer } of textEncoders) {
    for (const name of tokenizer.fileNames) {
      files.push(await statModelFile(dir, name, vocabularySizeBytesMax));
    }
  }
  for (const part of [...textEncoders.map(({ name }) => name), 'unet', 'vae_decoder']) {
    for (const entry of await readdir(join(dir, part), { withFileTypes: true })) {
      if (entry.isDirectory() || foreignFile.test(entry.name)) continue;
      files.push(await statModelFile(dir, `${part}/${entry.name}`, Number.MAX_SAFE_INTEGER));
    }
  }
  return files;
}
