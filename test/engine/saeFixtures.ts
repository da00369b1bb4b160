import { join } from 'node:path';
import { encodeCells, decodeCells } from '../../src/engine/lens/dictionary/encode.ts';
import { openSafetensors } from '../../src/engine/models/safetensors.ts';
import type { SaeDefinition } from '../../src/engine/models/sae/saeDefinition.ts';
import { readFloat32 } from '../../src/engine/models/sae/storedTensor.ts';

/** Files that test/golden/make_sae_files.py wrote; versions.json beside them says with what. */
export const golden = join(import.meta.dirname, '..', 'golden', 'sae');

/** All tensors of a safetensors file as float32. */
export async function readAll(path: string): Promise<Record<string, Float32Array>> {
  const file = await openSafetensors(path);
  try {
    const read = [...file.tensors.values()].map(
      async (tensor) => [tensor.name, await readFloat32(tensor)] as const,
    );
    return Object.fromEntries(await Promise.all(read));
  } finally {
    await file.close();
  }
}

export interface Agreement {
  /** Codes that are active in one world only. */
  readonly idsApart: number;
  readonly codesApart: number;
  readonly reconApart: number;
  readonly active: number;
}

/** Compares our codes and reconstruction of samples.safetensors with what the library computed. */
export async function compareWithLibrary(sae: SaeDefinition, kind: string): Promise<Agreement> {
  const { x } = await readAll(join(golden, 'samples.safetensors'));
  const { codes, recon } = await readAll(join(golden, `${kind}.expected.safetensors`));
  if (x === undefined || codes === undefined || recon === undefined)
    throw new Error(`no fixture ${kind}`);
  const positions = x.length / sae.dModel;
  const found = encodeCells(sae, x, positions);
  const dense = new Float64Array(codes.length);
  for (let position = 0; position < positions; position++) {
    for (let j = found.offsets[position] ?? 0; j < (found.offsets[position + 1] ?? 0); j++) {
      dense[position * sae.nFeatures + (found.ids[j] ?? 0)] = found.values[j] ?? 0;
    }
  }
  const decoded = decodeCells(sae, found, found.norms);
  // SAELens divides a cell of zeros by its norm, which is 0: where the library has NaN there is nothing to agree with.
  const isDefined = (i: number, width: number) =>
    !Number.isNaN(recon[Math.floor(i / width) * sae.dModel] ?? NaN);
  return {
    idsApart: dense.filter(
      (value, i) => isDefined(i, sae.nFeatures) && value > 0 !== (codes[i] ?? 0) > 0,
    ).length,
    codesApart: largestDifference(dense, codes, (i) => isDefined(i, sae.nFeatures)),
    reconApart: largestDifference(decoded, recon, (i) => isDefined(i, sae.dModel)),
    active: found.ids.length,
  };
}

function largestDifference(
  a: Float64Array,
  b: Float32Array,
  counts: (i: number) => boolean,
): number {
  return a.reduce(
    (most, value, i) => (counts(i) ? Math.max(most, Math.abs(value - (b[i] ?? NaN))) : most),
    0,
  );
}
