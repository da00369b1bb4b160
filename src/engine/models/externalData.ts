import { posix } from 'node:path';
import { modelError } from '../../protocol/errors.ts';
import { statModelFile } from './modelFiles.ts';

/** A weight's bytes in a file beside its graph. */
export interface ExternalBytes {
  /** Path of the file relative to the graph's folder. */
  readonly location: string;
  readonly offset: number;
  readonly sizeBytes: number;
}

/**
 * Checks that the files which hold a graph's weights are regular, inside the model folder and long enough. ONNX
 * Runtime does not check all of it, and reads what a wrong offset points at.
 *
 * @param graphName the graph's path inside the folder: `unet/model.onnx`
 * @throws `model` naming file and cause
 */
export async function checkExternalData(
  dir: string,
  graphName: string,
  references: readonly ExternalBytes[],
): Promise<void> {
  const wantedBytes = new Map<string, number>();
  for (const { location, offset, sizeBytes } of references) {
    wantedBytes.set(location, Math.max(wantedBytes.get(location) ?? 0, offset + sizeBytes));
  }
  for (const [location, wanted] of wantedBytes) {
    if (!/^[^\0/\\:]+$/.test(location) || location === '.' || location === '..') {
      throw modelError(`${graphName} keeps weights in ${JSON.stringify(location)}: not a plain name.`);
    }
    const name = posix.join(posix.dirname(graphName), location);
    const { sizeBytes } = await statModelFile(dir, name, Number.MAX_SAFE_INTEGER);
    if (sizeBytes < wanted) {
      throw modelError(
        `${name} in ${dir} is truncated: it has ${String(sizeBytes)} bytes, ${graphName} needs ${String(wanted)}.`,
      );
    }
  }
}
