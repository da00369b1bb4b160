import { modelError } from '../../../../protocol/errors.ts';
import { openTorchFile, tensorsOf } from '../../torchFile.ts';
import { findBlockPath } from '../blockPath.ts';
import { foldDecoderNorms, hasUnitDecoder } from '../fold.ts';
import { readMatrices, TensorShelf } from '../saeParts.ts';
import type { SourceFolder } from '../sourceFolder.ts';
import type { OpenQuestion, SaeActivation, SaeDefinition } from '../saeDefinition.ts';
import { blockQuestion, type FormatResult } from './formatReader.ts';
import { countOf, isRecord, sameSize, targetReason, textOf } from './configRules.ts';

const classes: Readonly<Record<string, SaeActivation>> = {
  AutoEncoder: 'relu',
  AutoEncoderTopK: 'relu-topk',
  BatchTopKSAE: 'batchtopk-threshold',
};

/** Tensors by which other classes are known when no `config.json` names them. */
const otherClasses: Readonly<Record<string, string>> = {
  group_sizes: 'MatryoshkaBatchTopKSAE',
  r_mag: 'GatedAutoEncoder',
  gate_bias: 'GatedAutoEncoder',
  'decoder.bias': 'AutoEncoderNew',
  W_enc: 'JumpReluAutoEncoder',
};

/**
 * dictionary_learning: `ae.pt` (a bare state dict) and `config.json` (`{trainer: {dict_class, …}}`).
 * `AutoEncoder`: relu(W_enc (x - bias) + b_enc), rows scaled to unit decoder norm as its loader does;
 * `AutoEncoderTopK`: topk after relu; `BatchTopKSAE`: relu, then its one threshold.
 *
 * @source dictionary-learning 0.1.0 dictionary.py, trainers/top_k.py, trainers/batch_top_k.py, utils.load_dictionary
 */
export async function readDictionaryLearning(folder: SourceFolder): Promise<FormatResult> {
  const config = folder.has('config.json') ? await folder.readConfig('config.json') : {};
  const trainer = isRecord(config['trainer']) ? config['trainer'] : {};
  const torch = await openTorchFile(folder.file('ae.pt'));
  try {
    const tensors = tensorsOf(torch.root, 'ae.pt');
    const className = findClass(trainer['dict_class'], new Set(tensors.keys()));
    const shelf = new TensorShelf(tensors, `ae.pt (${className})`);
    const isPlain = className === 'AutoEncoder';
    const preBias = await shelf.vector(isPlain ? 'bias' : 'b_dec');
    const latentBias = await shelf.vector('encoder.bias');
    const dModel = preBias.length;
    const nFeatures = latentBias.length;
    sameSize(trainer['activation_dim'], 'activation_dim', dModel);
    sameSize(trainer['dict_size'], 'dict_size', nFeatures);
    const matrices = await readMatrices(
      { tensor: shelf.need('encoder.weight'), documented: 'nd' },
      { tensor: shelf.need('decoder.weight'), documented: 'dn' },
      nFeatures,
      dModel,
    );
    const notes = [...matrices.notes];
    const rule = await readRule(shelf, isPlain, nFeatures, trainer['k']);
    shelf.refuseRest();
    if (trainer['norm_factor'] !== undefined) {
      notes.push('Trained on normalised samples; dictionary_learning has scaled the biases back before saving.');
    }
    const isNamed = trainer['dict_class'] !== undefined || isPlain;
    const activation = classes[className] ?? 'relu';
    if (activation === 'batchtopk-threshold' && !(rule.threshold > 0)) {
      throw modelError(`A BatchTopKSAE with threshold = ${String(rule.threshold)} was never given one in training: it cannot encode single cells.`);
    }
    const blockPath = findBlockPath(textOf(trainer['submodule_name'])) ?? folder.blockPath();
    let definition: SaeDefinition = {
      dModel,
      nFeatures,
      ...(rule.k === undefined ? {} : { k: rule.k }),
      activation,
      applyDecBiasToInput: true,
      normalisation: 'none',
      target: 'unknown',
      ...(blockPath === undefined ? {} : { blockPath }),
      encoder: matrices.encoder,
      decoder: matrices.decoder,
      preBias,
      latentBias,
      ...(rule.threshold > 0 ? { threshold: new Float32Array(nFeatures).fill(rule.threshold) } : {}),
      provenance: {
        format: 'dictionary-learning',
        kind: className,
        ...(isNamed ? { formatActivation: activation } : {}),
        sourceFiles: [],
        config,
        isDecoderNormFolded: false,
        notes,
      },
    };
    if (isPlain && !hasUnitDecoder(definition)) {
      notes.push("Decoder rows were scaled to norm 1 and the encoder by the inverse, as the library's own loader does.");
      const provenance = { ...definition.provenance, isDecoderNormFolded: true };
      definition = { ...foldDecoderNorms(definition), provenance };
    }
    const questions: OpenQuestion[] = [...matrices.questions];
    if (!isNamed) questions.push(activationQuestion(rule.threshold));
    questions.push(
      { id: 'target', reason: targetReason('dictionary_learning'), choices: ['update', 'output'] },
      blockQuestion(blockPath, 'submodule_name or the folder name'),
    );
    return { definition, questions, fileNames: ['ae.pt', 'config.json'].filter((name) => folder.has(name)) };
  } finally {
    await torch.close();
  }
}

function activationQuestion(threshold: number): OpenQuestion {
  return {
    id: 'activation',
    reason: 'AutoEncoderTopK and BatchTopKSAE have the same tensors, and there is no config.json that names the class.',
    choices: threshold > 0 ? ['relu-topk', 'batchtopk-threshold'] : ['relu-topk'],
  };
}

function findClass(named: unknown, keys: ReadonlySet<string>): string {
  const other = Object.entries(otherClasses).find(([key]) => keys.has(key))?.[1];
  const name = typeof named === 'string' ? named : (other ?? (keys.has('k') ? 'AutoEncoderTopK' : 'AutoEncoder'));
  if (!Object.hasOwn(classes, name)) {
    throw modelError(`dictionary_learning's ${name.slice(0, 60)} is not supported; read are ${Object.keys(classes).join(', ')}.`);
  }
  return name;
}

async function readRule(shelf: TensorShelf, isPlain: boolean, nFeatures: number, named: unknown) {
  if (isPlain) return { k: undefined, threshold: -1 };
  const k = countOf(await shelf.scalar('k'), 'k', nFeatures);
  sameSize(named, 'k', k);
  const threshold = await shelf.scalar('threshold');
  if (!Number.isFinite(threshold)) throw modelError(`ae.pt has the threshold ${String(threshold)}.`);
  return { k, threshold };
}
