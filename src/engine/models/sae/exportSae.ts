import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../../files/writeWhole.ts';
import { invalidInput } from '../../../protocol/errors.ts';
import { writeSafetensors, type TensorToWrite } from '../safetensorsWriter.ts';
import { transpose } from './orientation.ts';
import { isTopK, type SaeDefinition } from './saeDefinition.ts';
import { writeTorchFile, type TorchValueToWrite } from './torchFileWriter.ts';

export const exportFormats = ['sdxl-unbox', 'saelens'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/**
 * Writes an SAE so that the format's own library reads the same codes from it.
 *
 * @throws `invalidInput` for a rule that the format cannot say
 */
export async function exportSae(folder: string, sae: SaeDefinition, format: ExportFormat): Promise<string[]> {
  const files = format === 'sdxl-unbox' ? sdxlUnboxFiles(sae) : saeLensFiles(sae);
  await mkdir(folder, { recursive: true });
  for (const [name, content] of files) await writeWhole(join(folder, name), content);
  return files.map(([name]) => name);
}

type ExportedFile = [name: string, content: Uint8Array];

const json = (value: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value)}\n`);

/** A count from the source's configuration where it had one. */
const known = (sae: SaeDefinition, key: string, otherwise: number): unknown =>
  sae.provenance.config[key] ?? otherwise;

function sdxlUnboxFiles(sae: SaeDefinition): ExportedFile[] {
  const { dModel, nFeatures, k, preBias, latentBias, encoder, decoder, featureMean, featureStd } = sae;
  if (!isTopK(sae.activation) || sae.normalisation !== 'none' || !sae.applyDecBiasToInput) {
    throw invalidInput(
      `sdxl-unbox files can only say TopK SAEs without normaliser that subtract b_pre; this one is ${sae.activation}, normaliser ${sae.normalisation}.`,
    );
  }
  const vector = (data: Float32Array): TorchValueToWrite => ({ data, shape: [data.length] });
  const state = new Map<string, TorchValueToWrite>([
    ['pre_bias', vector(preBias)],
    ['latent_bias', vector(latentBias)],
    ['stats_last_nonzero', { data: new BigInt64Array(nFeatures), shape: [nFeatures] }],
    ['encoder.weight', { data: encoder, shape: [nFeatures, dModel] }],
    // Column-major, as the reference keeps it: rows [n, d] seen as [d, n].
    ['decoder.weight', { data: decoder, shape: [dModel, nFeatures], strides: [1, dModel] }],
  ]);
  const config = {
    n_dirs_local: nFeatures,
    d_model: dModel,
    k,
    auxk: known(sae, 'auxk', Math.min(256, nFeatures)),
    dead_steps_threshold: known(sae, 'dead_steps_threshold', 2441),
  };
  const files: ExportedFile[] = [
    ['config.json', json(config)],
    ['state_dict.pth', writeTorchFile('state_dict', new Map([['state_dict', state]]))],
  ];
  if (featureMean !== undefined) files.push(['mean.pt', writeTorchFile('mean', vector(featureMean))]);
  if (featureStd !== undefined) files.push(['std.pt', writeTorchFile('std', vector(featureStd))]);
  return files;
}

const architectures = {
  'topk-relu': 'topk',
  'relu-topk': 'topk', // the same codes
  relu: 'standard',
  jumprelu: 'jumprelu',
  'batchtopk-threshold': 'jumprelu', // as SAELens saves its own
} as const;

const normalisations = { none: 'none', 'layer-norm': 'layer_norm', 'constant-norm': 'constant_norm_rescale' } as const;

function saeLensFiles(sae: SaeDefinition): ExportedFile[] {
  const { dModel, nFeatures, threshold } = sae;
  const tensor = (name: string, shape: number[], values: Float32Array): TensorToWrite => ({
    name,
    dtype: 'F32',
    shape,
    bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  });
  const tensors = [
    tensor('W_enc', [dModel, nFeatures], transpose(sae.encoder, nFeatures, dModel)),
    tensor('W_dec', [nFeatures, dModel], sae.decoder),
    tensor('b_enc', [nFeatures], sae.latentBias),
    tensor('b_dec', [dModel], sae.preBias),
  ];
  const architecture = architectures[sae.activation];
  if (architecture === 'jumprelu') {
    tensors.push(tensor('threshold', [nFeatures], threshold ?? new Float32Array(nFeatures)));
  }
  const config = {
    architecture,
    d_in: dModel,
    d_sae: nFeatures,
    dtype: 'float32',
    device: 'cpu',
    apply_b_dec_to_input: sae.applyDecBiasToInput,
    normalize_activations: normalisations[sae.normalisation],
    reshape_activations: 'none',
    ...(architecture === 'topk' ? { k: sae.k, rescale_acts_by_decoder_norm: false } : {}),
    metadata: { sae_lens_version: '6.54.12', hook_name: sae.blockPath ?? null, featurescope_target: sae.target },
  };
  // Aligned to 1: SAELens reads every tensor of the file, so there must be none that only fills a gap.
  return [
    ['cfg.json', json(config)],
    ['sae_weights.safetensors', writeSafetensors(tensors, {}, 1).bytes],
  ];
}
