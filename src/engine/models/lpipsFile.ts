import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute } from 'node:path';
import { invalidInput, modelError } from '../../protocol/errors.ts';
import { listExternalData } from '../onnx/externalData.ts';
import { readGraph } from '../onnx/readGraph.ts';
import { graphReadBytesMax } from './limits.ts';
import { hasModelFile, type ModelFile, statModelFile } from './modelFiles.ts';

const ownName = 'lpips/model.onnx';

/**
 * The LPIPS network that pictures are compared with: the chosen file, else the model's own `lpips/model.onnx`.
 *
 * @param chosen absolute path of a `.onnx` file; '' for none
 * @returns undefined when there is neither: then there is no LPIPS
 * @throws `invalidInput` for a path that is not absolute; `model` for a chosen file that is missing, empty or too large
 */
export async function findLpips(modelDir: string, chosen: string): Promise<ModelFile | undefined> {
  if (chosen !== '') {
    if (!isAbsolute(chosen)) {
      throw invalidInput(`The LPIPS network "${chosen}" is not named by an absolute path.`);
    }
    return statModelFile(dirname(chosen), basename(chosen), graphReadBytesMax);
  }
  if (!(await hasModelFile(modelDir, ownName))) return undefined;
  return statModelFile(modelDir, ownName, graphReadBytesMax);
}

/**
 * SHA-256 of the network, which says whose figures they are.
 *
 * @throws `model` for what is no graph, and for one that keeps weights in other files
 */
export async function hashLpips({ name, path }: ModelFile): Promise<string> {
  const bytes = await readFile(path);
  const [outside] = listExternalData(readGraph(bytes));
  if (outside) {
    throw modelError(
      `${name} keeps weights in "${outside.location}". LPIPS is taken from one file: export it without external data.`,
    );
  }
  return createHash('sha256').update(bytes).digest('hex');
}
