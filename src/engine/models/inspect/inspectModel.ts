import { stat, readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { ModelInspection, ModelPart, ModelStage } from '../../../protocol/models.ts';
import { elementType } from '../../onnx/elementTypes.ts';
import {
  modelIndexSchema,
  ownSettingsSchema,
  schedulerFactsSchema,
  unetConfigSchema,
  vaeConfigSchema,
} from '../configs.ts';
import { hasModelFile, readModelJson } from '../modelFiles.ts';
import { type ModelFolder, readModelFolder, readTextEncoder, schedulerNameOf, statGraph } from '../modelFolder.ts';
import { checkTextGraph, checkVaeGraph } from './checkOtherGraphs.ts';
import { checkUnetGraph } from './checkUnetGraph.ts';
import { Findings } from './findings.ts';
import { type InspectedGraph, readInspected } from './graphFacts.ts';
import { modelLicence } from './modelLicence.ts';
import { modelNeeds } from './modelNeeds.ts';

/**
 * Looks at all of a model folder before anything of it runs: files, shapes against configurations, where weights lie,
 * stages, licence, what it needs. Tells everything that is wrong at once.
 */
export async function inspectModel(modelDir: string): Promise<ModelInspection> {
  const dir = resolve(modelDir);
  const findings = new Findings();
  const index = await findings.attempt(() => readIndex(dir));
  if (index) await readPieces(dir, index, findings);
  // Only a folder whose pieces are right can be wrong as a whole.
  const folder = findings.hasErrors
    ? undefined
    : await findings.attempt(() => readModelFolder(dir));
  const graphs = folder ? await readGraphs(folder, findings) : new Map<string, InspectedGraph>();
  const stages = folder ? checkGraphs(folder, graphs, findings) : [];
  const parts = folder ? partsOf(folder, graphs) : [];
  const diskBytes = folder?.description.sizeBytes ?? 0;
  const licence = await modelLicence(dir, index?._name_or_path ?? '');
  const isUsable = !findings.hasErrors;
  if (folder && licence.name === 'not stated') {
    findings.warn('The folder states no licence: look it up where the model came from.');
  }
  return {
    dir,
    isUsable,
    findings: findings.all,
    parts,
    stages,
    licence,
    needs: folder
      ? modelNeeds({
          description: folder.description,
          unet: folder.unet.config,
          vae: folder.vaeDecoder.config,
          diskBytes,
          halfBytes: parts.reduce(
            (sum, { weightType, sizeBytes }) => sum + (weightType === 'float16' ? sizeBytes : 0),
            0,
          ),
        })
      : { diskBytes, memoryBytes: 0, freeMemoryBytes: 0 },
    description: isUsable ? folder?.description : undefined,
  };
}

type Index = Awaited<ReturnType<typeof readIndex>>;

async function readIndex(dir: string) {
  try {
    return await readModelJson(dir, 'model_index.json', modelIndexSchema);
  } catch (error) {
    const hint = await hintFor(dir);
    if (hint === undefined || !(error instanceof Error)) throw error;
    error.message = `${error.message} ${hint}`;
    throw error;
  }
}

/** What a folder may be that is no ONNX model: people point at what they have. */
async function hintFor(dir: string): Promise<string | undefined> {
  const kind = await stat(dir).catch(() => undefined);
  if (!kind) return 'There is no such folder.';
  if (!kind.isDirectory()) return 'A folder is wanted, not a file.';
  const names = await readdir(dir);
  if (names.some((name) => /\.(?:safetensors|ckpt)$/.test(name))) {
    return 'The folder holds a checkpoint; export it to ONNX with optimum-cli first.';
  }
  if (names.includes('model.onnx')) {
    return `"${basename(dir)}" is one part of a model; choose the folder above it.`;
  }
  const inner = await Promise.all(names.map((name) => hasModelFile(dir, join(name, 'model_index.json'))));
  const found = names.filter((_, index) => inner[index]);
  return found.length > 0 ? `Inside it "${found.join('", "')}" looks like a model.` : undefined;
}

/** Each piece by itself, so that one that is wrong does not hide the next. */
async function readPieces(dir: string, index: Index, findings: Findings): Promise<void> {
  const hasTorchWeights = await hasModelFile(dir, 'unet/diffusion_pytorch_model.safetensors');
  const hasGraph = await hasModelFile(dir, 'unet/model.onnx');
  if (hasTorchWeights && !hasGraph) {
    findings.error(
      'unet/model.onnx is missing, but PyTorch weights are there: export the folder to ONNX with optimum-cli first.',
    );
    return;
  }
  for (const name of ['text_encoder', 'text_encoder_2'] as const) {
    if (index[name][1] !== null) await findings.attempt(() => readTextEncoder(dir, name));
  }
  await findings.attempt(() => readModelJson(dir, 'unet/config.json', unetConfigSchema));
  await findings.attempt(() => statGraph(dir, 'unet'));
  await findings.attempt(() => readModelJson(dir, 'vae_decoder/config.json', vaeConfigSchema));
  await findings.attempt(() => statGraph(dir, 'vae_decoder'));
  await findings.attempt(async () => {
    const name = 'scheduler/scheduler_config.json';
    return schedulerNameOf((await readModelJson(dir, name, schedulerFactsSchema))._class_name);
  });
  if (await hasModelFile(dir, 'featurescope.json')) {
    await findings.attempt(() => readModelJson(dir, 'featurescope.json', ownSettingsSchema));
  }
}

async function readGraphs(
  folder: ModelFolder,
  findings: Findings,
): Promise<Map<string, InspectedGraph>> {
  const graphs = new Map<string, InspectedGraph>();
  const files = [
    ...folder.textEncoders.map(({ name, graph }) => ({ name, graph })),
    { name: 'unet', graph: folder.unet.graph },
    { name: 'vae_decoder', graph: folder.vaeDecoder.graph },
  ];
  for (const { name, graph } of files) {
    const read = await findings.attempt(() => readInspected(folder.dir, graph));
    if (read) graphs.set(name, read);
  }
  return graphs;
}

function checkGraphs(
  { textEncoders, unet, vaeDecoder }: ModelFolder,
  graphs: ReadonlyMap<string, InspectedGraph>,
  findings: Findings,
): readonly ModelStage[] {
  textEncoders.forEach((part, index) => {
    const graph = graphs.get(part.name);
    if (graph) checkTextGraph(part, graph, index === textEncoders.length - 1, findings);
  });
  const vae = graphs.get('vae_decoder');
  if (vae) checkVaeGraph(vae, vaeDecoder.config, findings);
  const graph = graphs.get('unet');
  if (!graph) return [];
  const encoders = textEncoders.map(({ config }) => config);
  return checkUnetGraph(graph, unet.graph.sizeBytes, unet.config, encoders, findings);
}

function partsOf(
  { files, textEncoders }: ModelFolder,
  graphs: ReadonlyMap<string, InspectedGraph>,
): readonly ModelPart[] {
  return [...textEncoders.map(({ name }) => name), 'unet', 'vae_decoder'].map((name) => {
    const read = graphs.get(name);
    return {
      name,
      sizeBytes: files
        .filter((file) => file.name.startsWith(`${name}/`))
        .reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      weightType: read && weightTypeOf(read),
      nodeCount: read?.graph.nodes.length,
    };
  });
}

/** The element type that most numbers of the weights have. */
function weightTypeOf({ graph }: InspectedGraph): string {
  const counts = new Map<number, number>();
  for (const { dataType, dims } of graph.initializers.values()) {
    const size = dims.reduce((product, dim) => product * Number(dim), 1);
    counts.set(dataType, (counts.get(dataType) ?? 0) + size);
  }
  const [most] = [...counts].sort(([, left], [, right]) => right - left)[0] ?? [];
  const name = Object.entries(elementType).find(([, number]) => number === most)?.[0];
  return name ?? `ONNX type ${String(most)}`;
}
