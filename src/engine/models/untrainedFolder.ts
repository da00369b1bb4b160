import { constants } from 'node:fs';
import { chmod, copyFile, link, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { modelError } from '../../protocol/errors.ts';
import { writeWhole } from '../files/writeWhole.ts';
import { listExternalData } from '../onnx/externalData.ts';
import type { OnnxGraph } from '../onnx/graph.ts';
import { readGraph } from '../onnx/readGraph.ts';
import {
  type LargeWeight,
  largeWeights,
  shuffle,
  shuffleInGraph,
  valuesOf,
} from '../onnx/shuffleWeights.ts';
import { writeGraph } from '../onnx/writeGraph.ts';
import { ownSettingsSchema } from './configs.ts';
import { checkExternalData } from './externalData.ts';
import { graphReadBytesMax } from './limits.ts';
import { hasModelFile, type ModelFile, readModelJson, statModelFile } from './modelFiles.ts';
import { type ModelFolder, readModelFolder } from './modelFolder.ts';

/** Larger U-nets are not copied. */
const unetBytesMax = 2 ** 30;
const recordName = 'untrained.json';
const settingsName = 'featurescope.json';

const recordSchema = z.strictObject({
  version: z.literal(1),
  /** SHA-256 of the files that it was made from. */
  hashes: z.record(z.string(), z.string()),
  seed: z.int(),
  /** Bytes of each of its own files. */
  sizes: z.record(z.string(), z.int()),
});

interface UntrainedChoice {
  /** SHA-256 of the model's files by name. */
  readonly hashes: Readonly<Record<string, string>>;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Of the U-net's graph and weights; default: 1 GiB. */
  readonly bytesMax?: number;
}

interface Plan {
  readonly graph: OnnxGraph;
  readonly weights: readonly LargeWeight[];
  /** The files beside the graph that hold its weights. */
  readonly dataFiles: readonly ModelFile[];
}

/** Why there can be no untrained copy of a model's U-net, as the end of a sentence; undefined where there can be one. */
export async function whyNotUntrained(
  modelDir: string,
  bytesMax = unetBytesMax,
): Promise<string | undefined> {
  const plan = await planFor(await readModelFolder(modelDir), 0, bytesMax);
  return typeof plan === 'string' ? plan : undefined;
}

/**
 * A model's folder with an untrained U-net: the same graph with the values of every large weight shuffled within the
 * weight, so that all learnt structure is gone and the distribution of the values kept. The other files are hard links,
 * or copies where there can be none; SAEs are left out, and the model's id ends in `-untrained`. The folder appears by one
 * rename, is taken as it is when it was made of the same files and seed, and made anew otherwise. One weight at a time is
 * in memory.
 *
 * @param target the folder; its parent exists
 * @throws `model` for a U-net that cannot be shuffled; the signal's reason when it aborts
 */
export async function makeUntrained(
  modelDir: string,
  target: string,
  { hashes, seed, signal, bytesMax = unetBytesMax }: UntrainedChoice,
): Promise<void> {
  if (await isWhole(target, { hashes, seed })) return;
  const folder = await readModelFolder(modelDir);
  const plan = await planFor(folder, seed, bytesMax);
  if (typeof plan === 'string') throw modelError(`The U-net cannot be shuffled: ${plan}`);
  const part = `${target}.part`;
  await rm(part, { recursive: true, force: true });
  const sizes: Record<string, number> = {};
  const place = async (name: string, write: (path: string) => Promise<void>): Promise<void> => {
    signal.throwIfAborted();
    const path = inside(part, name);
    await mkdir(dirname(path), { recursive: true });
    await write(path);
    sizes[name] = (await stat(path)).size;
  };
  const { graph } = folder.unet;
  const shuffled = await shuffleInGraph(plan.graph, plan.weights, signal);
  await place(graph.name, (path) => writeWhole(path, writeGraph(shuffled)));
  for (const { name, path: from } of plan.dataFiles) {
    await place(name, async (path) => {
      // A copy, never a link: its bytes are changed.
      await copyFile(from, path, constants.COPYFILE_FICLONE);
      await chmod(path, 0o644);
      await shuffleFile(path, name, plan.weights, signal);
    });
  }
  for (const { name, path: from } of await otherFiles(folder)) {
    if (!(name in sizes)) await place(name, (path) => linkOrCopy(from, path));
  }
  const own = (await hasModelFile(folder.dir, settingsName))
    ? await readModelJson(folder.dir, settingsName, ownSettingsSchema)
    : {};
  const settings = { ...own, id: `${folder.description.id.slice(0, 80)}-untrained` };
  await place(settingsName, (path) => writeWhole(path, JSON.stringify(settings)));
  const record = { version: 1, hashes, seed, sizes } satisfies z.infer<typeof recordSchema>;
  await writeWhole(join(part, recordName), JSON.stringify(record));
  await rm(target, { recursive: true, force: true });
  await rename(part, target);
}

/** Whether a folder was made of these files with this seed, and has all of its files. */
async function isWhole(
  dir: string,
  { hashes, seed }: Pick<UntrainedChoice, 'hashes' | 'seed'>,
): Promise<boolean> {
  const text = await readFile(join(dir, recordName), 'utf8').catch(() => undefined);
  if (text === undefined) return false;
  const { data } = recordSchema.safeParse(parsed(text));
  if (data?.seed !== seed || !isDeepStrictEqual(data.hashes, { ...hashes })) return false;
  for (const [name, sizeBytes] of Object.entries(data.sizes)) {
    const facts = await stat(inside(dir, name)).catch(() => undefined);
    if (facts?.size !== sizeBytes) return false;
  }
  return true;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** @returns the end of a sentence where the U-net is too large, or something learnt would stay as it is */
async function planFor(
  { dir, unet: { graph: file } }: ModelFolder,
  seed: number,
  bytesMax: number,
): Promise<Plan | string> {
  if (file.sizeBytes > graphReadBytesMax) {
    return 'its file holds the weights itself and is too large to be changed.';
  }
  const graph = readGraph(await readFile(file.path));
  const dataFiles = await dataFilesOf(dir, file.name, graph);
  const sizeBytes = dataFiles.reduce((sum, one) => sum + one.sizeBytes, file.sizeBytes);
  if (sizeBytes > bytesMax) {
    return `it has ${inMiB(sizeBytes)} MiB; up to ${inMiB(bytesMax)} MiB are copied.`;
  }
  const weights = largeWeights(graph, seed);
  return typeof weights === 'string' ? weights : { graph, weights, dataFiles };
}

const inMiB = (bytes: number): string => Math.ceil(bytes / 2 ** 20).toLocaleString('en');

/** The files that hold a graph's weights, checked. @throws `model` */
async function dataFilesOf(
  dir: string,
  graphName: string,
  graph: OnnxGraph,
): Promise<readonly ModelFile[]> {
  const places = listExternalData(graph);
  await checkExternalData(dir, graphName, places);
  const names = [...new Set(places.map(({ location }) => location))];
  return Promise.all(
    names.map((name) =>
      statModelFile(dir, posix.join(posix.dirname(graphName), name), Number.MAX_SAFE_INTEGER),
    ),
  );
}

/** All that decides a picture, and weights that go by another program's name beside the graphs that read them. */
async function otherFiles(folder: ModelFolder): Promise<readonly ModelFile[]> {
  const graphs = [...folder.textEncoders, folder.vaeDecoder].map(({ graph }) => graph);
  const read = graphs.filter(({ sizeBytes }) => sizeBytes <= graphReadBytesMax);
  const data = await Promise.all(
    read.map(async ({ name, path }) =>
      dataFilesOf(folder.dir, name, readGraph(await readFile(path))),
    ),
  );
  const files = [...folder.files, ...data.flat()];
  return [...new Map(files.map((file) => [file.name, file])).values()];
}

/** A file's path in a folder. @param name with `/` @throws `model` for one that would leave it */
function inside(dir: string, name: string): string {
  const parts = name.split('/');
  const isPlain = parts.every((part) => part !== '' && !/^\.\.?$|[\0\\:]/.test(part));
  if (isPlain) return join(dir, ...parts);
  throw modelError(`${JSON.stringify(name)} is not a plain path in the model's folder.`);
}

/** Other drives, and file systems without hard links, get a copy. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch(() => copyFile(from, to, constants.COPYFILE_FICLONE));
}

/** Shuffles the weights that lie in a file, one after the other. @throws `model` for a file that was cut meanwhile */
async function shuffleFile(
  path: string,
  name: string,
  weights: readonly LargeWeight[],
  signal: AbortSignal,
): Promise<void> {
  const file = await open(path, 'r+');
  try {
    for (const { outside, valueBytes, seed } of weights) {
      if (outside?.location !== posix.basename(name)) continue;
      const { offset, sizeBytes } = outside;
      const bytes = new Uint8Array(sizeBytes);
      for (let at = 0; at < sizeBytes; ) {
        const { bytesRead } = await file.read(bytes, at, sizeBytes - at, offset + at);
        if (bytesRead === 0) throw modelError(`${name} ends before its weights do.`);
        at += bytesRead;
      }
      await shuffle(valuesOf(bytes, valueBytes), seed, signal);
      for (let at = 0; at < sizeBytes; ) {
        at += (await file.write(bytes, at, sizeBytes - at, offset + at)).bytesWritten;
      }
    }
    await file.sync();
  } finally {
    await file.close();
  }
}
