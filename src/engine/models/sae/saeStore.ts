import { createHash } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../../files/writeWhole.ts';
import { modelError } from '../../../protocol/errors.ts';
import { openSafetensors } from '../safetensors.ts';
import { writeSafetensors, type TensorToWrite } from '../safetensorsWriter.ts';
import { float32ToHalf } from '../../../numerics/halfPrecision.ts';
import { transpose } from './orientation.ts';
import type { SaeDefinition } from './saeDefinition.ts';
import { manifestName, parseSaeManifest, weightsName, type SaeManifest, type SaeStorage } from './saeManifest.ts';
import { hashFile } from './sourceFolder.ts';
import { readFloat32 } from './storedTensor.ts';

/** The vectors of a definition and their names in the file; matrices are `encoder_t` `[d, n]` and `decoder` `[n, d]`. */
const vectors = {
  pre_bias: 'preBias',
  latent_bias: 'latentBias',
  threshold: 'threshold',
  feature_mean: 'featureMean',
  feature_std: 'featureStd',
} as const;

const bytesOf = (view: Float32Array | Uint16Array): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

/**
 * Writes an SAE in our form: `sae.safetensors` with `encoder_t` `[d, n]` (the right side of `h · W`), `decoder` `[n, d]`
 * (rows to gather) and the vectors, each 64-byte aligned; then `sae.json`, so that a folder with a manifest is whole.
 *
 * @param storage `float16` halves the two matrices (vectors stay float32); values round to 11 bits
 */
export async function writeSae(
  folder: string,
  sae: SaeDefinition,
  storage: SaeStorage,
): Promise<SaeManifest> {
  const { dModel, nFeatures } = sae;
  const matrix = (name: string, shape: number[], values: Float32Array): TensorToWrite =>
    storage === 'float16'
      ? { name, dtype: 'F16', shape, bytes: bytesOf(float32ToHalf(values)) }
      : { name, dtype: 'F32', shape, bytes: bytesOf(values) };
  const tensors = [
    matrix('encoder_t', [dModel, nFeatures], transpose(sae.encoder, nFeatures, dModel)),
    matrix('decoder', [nFeatures, dModel], sae.decoder),
  ];
  for (const [name, field] of Object.entries(vectors)) {
    const values = sae[field];
    if (values !== undefined) tensors.push({ name, dtype: 'F32', shape: [values.length], bytes: bytesOf(values) });
  }
  const { bytes, offsets } = writeSafetensors(tensors, { format: 'featurescope-sae', version: '1' });
  const manifest: SaeManifest = {
    format: 'featurescope-sae',
    version: 1,
    dModel,
    nFeatures,
    ...(sae.k === undefined ? {} : { k: sae.k }),
    activation: sae.activation,
    applyDecBiasToInput: sae.applyDecBiasToInput,
    normalisation: sae.normalisation,
    target: sae.target,
    ...(sae.blockPath === undefined ? {} : { blockPath: sae.blockPath }),
    weights: {
      name: weightsName,
      sizeBytes: bytes.byteLength,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      storage,
      tensors: Object.fromEntries(
        tensors.map(({ name, shape, bytes: { byteLength } }) => [
          name,
          { shape: [...shape], offset: offsets.get(name) ?? 0, sizeBytes: byteLength },
        ]),
      ),
    },
    provenance: {
      ...sae.provenance,
      sourceFiles: [...sae.provenance.sourceFiles],
      config: { ...sae.provenance.config },
      notes: [...sae.provenance.notes],
    },
  };
  await mkdir(folder, { recursive: true });
  await writeWhole(join(folder, weightsName), bytes);
  await writeWhole(join(folder, manifestName), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

/** Reads the manifest alone. Throws `model` when it is missing or not valid. */
export async function readSaeManifest(folder: string): Promise<SaeManifest> {
  let text: string;
  try {
    text = await readFile(join(folder, manifestName), 'utf8');
  } catch (error) {
    throw modelError(`The folder has no ${manifestName}.`, { cause: error });
  }
  return parseSaeManifest(text);
}

/**
 * Reads an SAE of ours back; float16 matrices are widened.
 *
 * @param verify also compares the weights' SHA-256; size, names, shapes and offsets are always checked
 * @throws `model` when manifest and weights do not agree
 */
export async function readSae(
  folder: string,
  { verify = false } = {},
): Promise<{ definition: SaeDefinition; manifest: SaeManifest }> {
  const manifest = await readSaeManifest(folder);
  const { weights, dModel, nFeatures } = manifest;
  const path = join(folder, weights.name);
  const info = await stat(path).catch(() => undefined);
  if (info?.size !== weights.sizeBytes) {
    throw modelError(
      `${weights.name} ${info === undefined ? 'is missing' : `has ${String(info.size)} bytes`}; ${manifestName} says ${String(weights.sizeBytes)}.`,
    );
  }
  if (verify && (await hashFile(path)).sha256 !== weights.sha256) {
    throw modelError(
      `${weights.name} was changed after its import: its SHA-256 is not the manifest's.`,
    );
  }
  const file = await openSafetensors(path);
  try {
    const read = async (name: string, shape: readonly number[]): Promise<Float32Array> => {
      const tensor = file.tensors.get(name);
      if (tensor?.shape.join() !== shape.join() || manifest.weights.tensors[name]?.shape.join() !== shape.join()) {
        throw modelError(`${weights.name} has no tensor "${name}" [${shape.join(', ')}] as ${manifestName} says.`);
      }
      return readFloat32(tensor);
    };
    const optional = async (name: string) => (file.tensors.has(name) ? read(name, [nFeatures]) : undefined);
    const threshold = await optional('threshold');
    if (threshold === undefined && (manifest.activation === 'jumprelu' || manifest.activation === 'batchtopk-threshold')) {
      throw modelError(`${weights.name} has no tensor "threshold", which ${manifest.activation} needs.`);
    }
    const featureMean = await optional('feature_mean');
    const featureStd = await optional('feature_std');
    const { k, blockPath, provenance } = manifest;
    const { formatActivation, ...restOfProvenance } = provenance;
    const definition: SaeDefinition = {
      dModel,
      nFeatures,
      ...(k === undefined ? {} : { k }),
      activation: manifest.activation,
      applyDecBiasToInput: manifest.applyDecBiasToInput,
      normalisation: manifest.normalisation,
      target: manifest.target,
      ...(blockPath === undefined ? {} : { blockPath }),
      encoder: transpose(await read('encoder_t', [dModel, nFeatures]), dModel, nFeatures),
      decoder: await read('decoder', [nFeatures, dModel]),
      preBias: await read('pre_bias', [dModel]),
      latentBias: await read('latent_bias', [nFeatures]),
      ...(threshold === undefined ? {} : { threshold }),
      ...(featureMean === undefined ? {} : { featureMean }),
      ...(featureStd === undefined ? {} : { featureStd }),
      provenance: { ...restOfProvenance, ...(formatActivation === undefined ? {} : { formatActivation }) },
    };
    return { definition, manifest };
  } finally {
    await file.close();
  }
}
