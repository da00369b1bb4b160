import { readFile } from 'node:fs/promises';
import { modelError } from '../../../protocol/errors.ts';
import { statModelFile } from '../modelFiles.ts';
import type { InstalledSae } from './installedSaes.ts';
import { manifestName } from './saeManifest.ts';

/** A graph with larger weights inside could not be handed to ONNX Runtime in one piece. */
const inlineBytesMax = 1.5 * 2 ** 30;

/**
 * Looks at an SAE's weights before ONNX Runtime maps them: it would read whatever a wrong offset points at.
 *
 * @returns the file's real path
 * @throws `model` when it is missing, no regular file of the SAE's folder, or not as its manifest says
 */
export async function checkSaeWeights({ folder, manifest }: InstalledSae): Promise<string> {
  const { name, sizeBytes, tensors } = manifest.weights;
  const file = await statModelFile(folder, name, Number.MAX_SAFE_INTEGER);
  if (file.sizeBytes !== sizeBytes) {
    throw modelError(
      `${name} in ${folder} has ${String(file.sizeBytes)} bytes; ${manifestName} says ${String(sizeBytes)}.`,
    );
  }
  const beyond = Object.entries(tensors).find(
    ([, tensor]) => tensor.offset + tensor.sizeBytes > sizeBytes,
  );
  if (beyond) throw modelError(`${manifestName} in ${folder} puts ${beyond[0]} beyond ${name}.`);
  return file.path;
}

/**
 * The whole weights file, for an SAE that no graph can refer to.
 *
 * @throws `model` as `checkSaeWeights`, and for a file that is too large
 */
export async function readSaeWeights(sae: InstalledSae): Promise<Uint8Array> {
  const path = await checkSaeWeights(sae);
  const { sizeBytes } = sae.manifest.weights;
  if (sizeBytes > inlineBytesMax) {
    throw modelError(
      `The SAE in ${sae.folder} has ${String(sizeBytes)} bytes and lies where the model's graph cannot refer to it; at most ${String(inlineBytesMax)} are copied into the graph. Move the storage folder to the drive of the model.`,
    );
  }
  return readFile(path);
}
