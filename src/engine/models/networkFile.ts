import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { FeaturescopeError, invalidInput, modelError } from '../../protocol/errors.ts';
import { listExternalData } from '../onnx/externalData.ts';
import type { OnnxGraph } from '../onnx/graph.ts';
import { readGraph } from '../onnx/readGraph.ts';
import { graphReadBytesMax, graphSizeBytesMax } from './limits.ts';
import { hasModelFile, type ModelFile, statModelFile } from './modelFiles.ts';

/** Networks that look at finished pictures, and where a model's folder has its own. */
export const networks = {
  lpips: { title: 'LPIPS network', ownName: 'lpips/model.onnx', sizeBytesMax: graphReadBytesMax },
  clip: { title: 'CLIP network', ownName: 'clip/model.onnx', sizeBytesMax: graphSizeBytesMax },
  /** Beside the CLIP network, not in the model's folder. */
  clipText: {
    title: 'text part of CLIP',
    ownName: 'text/model.onnx',
    sizeBytesMax: graphSizeBytesMax,
  },
  classifier: {
    title: 'classifier',
    ownName: 'classifier/classifier.onnx',
    sizeBytesMax: graphReadBytesMax,
  },
} as const;
export type NetworkKind = keyof typeof networks;

/**
 * A network that pictures are looked at with: the chosen file, else the model's own.
 *
 * @param chosen absolute path of a `.onnx` file; '' for none
 * @returns undefined when there is neither: then there are no such figures
 * @throws `invalidInput` for a path that is not absolute; `model` for a chosen file that is missing, empty or too large
 */
export async function findNetwork(
  kind: NetworkKind,
  modelDir: string,
  chosen: string,
): Promise<ModelFile | undefined> {
  const { title, ownName, sizeBytesMax } = networks[kind];
  if (chosen !== '') {
    if (!isAbsolute(chosen)) {
      throw invalidInput(`The ${title} "${chosen}" is not named by an absolute path.`);
    }
    return statModelFile(dirname(chosen), basename(chosen), sizeBytesMax);
  }
  if (!(await hasModelFile(modelDir, ownName))) return undefined;
  return statModelFile(modelDir, ownName, sizeBytesMax);
}

/** The text part of a CLIP network, where one lies beside it. @throws as `findNetwork` */
export const findClipText = (clip: ModelFile): Promise<ModelFile | undefined> =>
  findNetwork('clipText', dirname(clip.path), '');

/**
 * SHA-256 of a network, which says whose figures they are.
 *
 * @throws `model` for what is no graph, and for one that keeps weights in other files
 */
export async function hashNetwork({ name, path, sizeBytes }: ModelFile): Promise<string> {
  if (sizeBytes > graphReadBytesMax) {
    // A larger graph holds its weights itself.
    const hash = createHash('sha256');
    await pipeline(createReadStream(path), hash);
    return hash.digest('hex');
  }
  const bytes = await readFile(path);
  const [outside] = listExternalData(graphOf(name, bytes));
  if (outside) {
    throw modelError(
      `${name} keeps weights in "${outside.location}". It is taken from one file: export it without external data.`,
    );
  }
  return createHash('sha256').update(bytes).digest('hex');
}

/** @throws `model` naming the file */
function graphOf(name: string, bytes: Uint8Array): OnnxGraph {
  try {
    return readGraph(bytes);
  } catch (error) {
    throw modelError(`${name}: ${FeaturescopeError.from(error).message}`, { cause: error });
  }
}
