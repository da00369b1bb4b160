import { openTorchFile, tensorOf, tensorsOf } from '../../torchFile.ts';
import { readMatrices, TensorShelf } from '../saeParts.ts';
import type { SourceFolder } from '../sourceFolder.ts';
import { modelError } from '../../../../protocol/errors.ts';
import { readFloat32 } from '../storedTensor.ts';
import type { OpenQuestion, SaeDefinition } from '../saeDefinition.ts';
import { blockQuestion, type FormatResult } from './formatReader.ts';
import { countOf, sameSize, unknownKeysNote } from './configRules.ts';

const knownKeys = new Set(['n_dirs_local', 'd_model', 'k', 'auxk', 'dead_steps_threshold']);

/**
 * sdxl-unbox: `config.json`, `state_dict.pth` (`{state_dict: …}`), and per feature `mean.pt`, `std.pt`.
 * Its one class computes `relu(topk(W_enc (x - pre_bias) + latent_bias))`; the decoder is stored column-major.
 *
 * @source github.com/surkovv/sdxl-unbox SAE/sae.py
 */
export async function readSdxlUnbox(folder: SourceFolder): Promise<FormatResult> {
  const config = await folder.readConfig('config.json');
  const torch = await openTorchFile(folder.file('state_dict.pth'));
  try {
    const tensors = tensorsOf(torch.root, 'state_dict.pth', 'state_dict');
    const shelf = new TensorShelf(tensors, 'state_dict.pth');
    const preBias = await shelf.vector('pre_bias');
    const latentBias = await shelf.vector('latent_bias');
    const dModel = preBias.length;
    const nFeatures = latentBias.length;
    sameSize(config['d_model'], 'd_model', dModel);
    sameSize(config['n_dirs_local'], 'n_dirs_local', nFeatures);
    const k = countOf(config['k'], 'k', nFeatures);
    shelf.get('stats_last_nonzero'); // a training counter
    const matrices = await readMatrices(
      { tensor: shelf.need('encoder.weight'), documented: 'nd' },
      { tensor: shelf.need('decoder.weight'), documented: 'dn' },
      nFeatures,
      dModel,
    );
    shelf.refuseRest();
    const featureMean = await readFeatureVector(folder, 'mean.pt', nFeatures);
    const featureStd = await readFeatureVector(folder, 'std.pt', nFeatures);
    const blockPath = folder.blockPath();
    const definition: SaeDefinition = {
      dModel,
      nFeatures,
      k,
      activation: 'topk-relu',
      applyDecBiasToInput: true,
      normalisation: 'none',
      target: 'unknown',
      ...(blockPath === undefined ? {} : { blockPath }),
      encoder: matrices.encoder,
      decoder: matrices.decoder,
      preBias,
      latentBias,
      ...(featureMean === undefined ? {} : { featureMean }),
      ...(featureStd === undefined ? {} : { featureStd }),
      provenance: {
        format: 'sdxl-unbox',
        kind: 'SparseAutoencoder',
        formatActivation: 'topk-relu',
        sourceFiles: [],
        config,
        isDecoderNormFolded: false,
        notes: [...matrices.notes, ...unknownKeysNote(config, knownKeys)],
      },
    };
    const target: OpenQuestion = {
      id: 'target',
      reason: "The files do not say it; sdxl-unbox's own code encodes the update ΔD.",
      choices: ['update', 'output'],
      suggested: 'update',
    };
    const questions = [...matrices.questions, target, blockQuestion(blockPath, 'The folder name')];
    const fileNames = ['config.json', 'state_dict.pth', 'mean.pt', 'std.pt'].filter((name) => folder.has(name));
    return { definition, questions, fileNames };
  } finally {
    await torch.close();
  }
}

async function readFeatureVector(
  folder: SourceFolder,
  name: string,
  nFeatures: number,
): Promise<Float32Array | undefined> {
  if (!folder.has(name)) return undefined;
  const torch = await openTorchFile(folder.file(name));
  try {
    const tensor = tensorOf(torch.root, name);
    if (tensor.shape.length !== 1 || tensor.shape[0] !== nFeatures) {
      throw modelError(`${name} has the shape [${tensor.shape.join(', ')}], [${String(nFeatures)}] is needed: one number a feature.`);
    }
    return await readFloat32(tensor);
  } finally {
    await torch.close();
  }
}
