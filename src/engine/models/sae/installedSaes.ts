import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { modelError } from '../../../protocol/errors.ts';
import type { SaeSpec, SaeTensor } from '../../onnx/saeSpec.ts';
import { isTopK } from './saeDefinition.ts';
import type { SaeManifest } from './saeManifest.ts';
import { readSaeManifest } from './saeStore.ts';

/** An SAE of ours in its folder, ready to be spliced into a stage. */
export interface InstalledSae {
  /** diffusers path of its stage, without `unet.`: `mid_block.attentions.0`. */
  readonly stagePath: string;
  readonly folder: string;
  readonly manifest: SaeManifest;
}

/**
 * The SAEs that lie in a folder, one subfolder each, at most one for a stage.
 *
 * @param dir may be missing: then there are none
 * @throws `model` for a manifest that is not valid, and for two SAEs of one stage
 */
export async function findInstalledSaes(dir: string): Promise<readonly InstalledSae[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  const found = new Map<string, InstalledSae>();
  for (const { name } of entries.filter((entry) => entry.isDirectory())) {
    const folder = join(dir, name);
    const manifest = await readSaeManifest(folder);
    const { blockPath } = manifest;
    if (blockPath === undefined) throw modelError(`The SAE in ${folder} names no block.`);
    const stagePath = blockPath.replace(/^unet\./, '');
    const twin = found.get(stagePath);
    if (twin) throw modelError(`${twin.folder} and ${folder} are SAEs of the same block ${stagePath}.`);
    found.set(stagePath, { stagePath, folder, manifest });
  }
  return [...found.values()];
}

/**
 * What the graph splice needs to know of an SAE.
 *
 * @param file its weights file, relative to the folder of external data, forward slashes
 * @param bytes the file's own bytes, when the graph cannot refer to it
 * @throws `model` when the manifest leaves open what a sample is, or a tensor is missing
 */
export function saeSpecOf(manifest: SaeManifest, file: string, bytes?: Uint8Array): SaeSpec {
  const { dModel, nFeatures, k, activation, target, weights } = manifest;
  if (target === 'unknown') {
    throw modelError(`The SAE of ${manifest.blockPath ?? 'no block'} does not say what it encodes.`);
  }
  const tensor = (name: string, dtype: SaeTensor['dtype']): SaeTensor | undefined => {
    const place = weights.tensors[name];
    return place && { dtype, offset: place.offset, sizeBytes: place.sizeBytes };
  };
  const encoder = tensor('encoder_t', weights.storage);
  const decoder = tensor('decoder', weights.storage);
  if (!encoder || !decoder) throw modelError(`${weights.name} lists no encoder_t or no decoder.`);
  const encoderBias = tensor('latent_bias', 'float32');
  const decoderBias = tensor('pre_bias', 'float32');
  const threshold = tensor('threshold', 'float32');
  return {
    dModel,
    nFeatures,
    target,
    activation: isTopK(activation)
      ? { kind: 'topk', k: k ?? nFeatures }
      : { kind: activation === 'relu' ? 'relu' : 'threshold' },
    normalisation: normalisationOf(manifest),
    subtractsDecoderBias: manifest.applyDecBiasToInput,
    weights: {
      file,
      ...(bytes && { bytes }),
      encoder,
      decoder,
      ...(encoderBias && { encoderBias }),
      ...(decoderBias && { decoderBias }),
      ...(threshold && { threshold }),
    },
  };
}

function normalisationOf({ normalisation, dModel }: SaeManifest): SaeSpec['normalisation'] {
  switch (normalisation) {
    case 'none':
      return { kind: 'none' };
    case 'layer-norm':
      return { kind: 'layerNorm', epsilon: 1e-5 };
    case 'constant-norm':
      return { kind: 'unitNorm', norm: Math.sqrt(dModel) };
  }
}
