import { modelError } from '../../../../protocol/errors.ts';
import { openSafetensors } from '../../safetensors.ts';
import { findBlockPath } from '../blockPath.ts';
import { foldDecoderNorms } from '../fold.ts';
import { readMatrices, TensorShelf } from '../saeParts.ts';
import type { SourceFolder } from '../sourceFolder.ts';
import type { OpenQuestion, SaeActivation, SaeDefinition } from '../saeDefinition.ts';
import { blockQuestion, type FormatResult } from './formatReader.ts';
import { countOf, sameSize, targetReason } from './configRules.ts';
import { readSaeLensConfig, type SaeLensRule } from './saeLensConfig.ts';

const activations: Readonly<Record<SaeLensRule['architecture'], SaeActivation>> = {
  standard: 'relu',
  topk: 'topk-relu',
  jumprelu: 'jumprelu',
  batchtopk: 'batchtopk-threshold',
};

/**
 * SAELens: `cfg.json`, `sae_weights.safetensors` with W_enc `[d, n]`, W_dec `[n, d]`, b_enc, b_dec. Its finished
 * batch-TopK SAEs are saved as jumprelu; `batchtopk` is the training form with one `topk_threshold`.
 *
 * @source sae-lens 6.54 sae_lens/saes; `rescale_acts_by_decoder_norm` is folded as its process_state_dict_for_saving_inference does
 */
export async function readSaeLens(folder: SourceFolder): Promise<FormatResult> {
  if (!folder.has('cfg.json')) throw modelError('sae_weights.safetensors has no cfg.json beside it.');
  const config = await folder.readConfig('cfg.json');
  const rule = readSaeLensConfig(config);
  const scaler = folder.has('activation_scaler.json') ? await folder.readConfig('activation_scaler.json') : {};
  if (folder.has('activation_whitening.safetensors')) {
    throw modelError('A SAELens checkpoint with covariance whitening that is not folded is not supported.');
  }
  const file = await openSafetensors(folder.file('sae_weights.safetensors'));
  try {
    const shelf = new TensorShelf(file.tensors, `sae_weights.safetensors (${rule.architecture})`);
    const preBias = await shelf.vector('b_dec');
    const latentBias = await shelf.vector('b_enc');
    const dModel = preBias.length;
    const nFeatures = latentBias.length;
    sameSize(config['d_in'], 'd_in', dModel);
    sameSize(config['d_sae'], 'd_sae', nFeatures);
    const matrices = await readMatrices(
      { tensor: shelf.need('W_enc'), documented: 'dn' },
      { tensor: shelf.need('W_dec'), documented: 'nd' },
      nFeatures,
      dModel,
    );
    const threshold = await readThreshold(shelf, rule, nFeatures);
    await refuseScalingFactor(shelf);
    shelf.refuseRest();
    const notes = [...matrices.notes, ...rule.notes];
    const blockPath = findBlockPath(rule.hookName) ?? folder.blockPath();
    const activation = activations[rule.architecture];
    if (rule.rescalesByDecoderNorm) notes.push('rescale_acts_by_decoder_norm was folded: decoder rows have norm 1.');
    const definition: SaeDefinition = {
      dModel,
      nFeatures,
      ...(activation === 'topk-relu' ? { k: countOf(rule.k, 'k', nFeatures) } : {}),
      activation,
      applyDecBiasToInput: rule.applyDecBiasToInput,
      normalisation: rule.normalisation,
      target: 'unknown',
      ...(blockPath === undefined ? {} : { blockPath }),
      encoder: matrices.encoder,
      decoder: matrices.decoder,
      preBias,
      latentBias,
      ...(threshold === undefined ? {} : { threshold }),
      provenance: {
        format: 'saelens',
        kind: rule.architecture,
        formatActivation: activation,
        sourceFiles: [],
        config,
        isDecoderNormFolded: rule.rescalesByDecoderNorm,
        notes,
      },
    };
    const questions: OpenQuestion[] = [...matrices.questions];
    const factor = scaler['scaling_factor'];
    if (rule.needsInputScale || typeof factor === 'number') questions.push(scaleQuestion(factor));
    questions.push(
      { id: 'target', reason: targetReason('SAELens'), choices: ['update', 'output'] },
      blockQuestion(blockPath, 'hook_name or the folder name'),
    );
    return {
      definition: rule.rescalesByDecoderNorm ? foldDecoderNorms(definition) : definition,
      questions,
      fileNames: ['cfg.json', 'sae_weights.safetensors', 'activation_scaler.json'].filter((name) => folder.has(name)),
    };
  } finally {
    await file.close();
  }
}

async function readThreshold(
  shelf: TensorShelf,
  rule: SaeLensRule,
  nFeatures: number,
): Promise<Float32Array | undefined> {
  if (rule.architecture === 'jumprelu') return shelf.vector('threshold', nFeatures);
  if (rule.architecture !== 'batchtopk') return undefined;
  const threshold = await shelf.scalar('topk_threshold');
  if (!(threshold > 0)) {
    throw modelError(`A batchtopk SAE with topk_threshold = ${String(threshold)} was never given one in training: it cannot encode single cells.`);
  }
  return new Float32Array(nFeatures).fill(threshold);
}

/** Old files carry a `scaling_factor` of ones; another one is a fine-tuned decoder, which SAELens 6 no longer runs. */
async function refuseScalingFactor(shelf: TensorShelf): Promise<void> {
  for (const name of ['scaling_factor', 'finetuning_scaling_factor']) {
    const tensor = shelf.get(name);
    if (tensor === undefined) continue;
    const values = await new TensorShelf(new Map([[name, tensor]]), name).vector(name);
    const other = values.find((value) => Math.abs(value - 1) > 1e-5);
    if (other !== undefined) throw modelError(`A SAELens SAE with ${name} = ${String(other)} is not supported.`);
  }
}

function scaleQuestion(factor: unknown): OpenQuestion {
  const isKnown = typeof factor === 'number' && Number.isFinite(factor) && factor > 0;
  return {
    id: 'inputScale',
    reason: isKnown
      ? 'activation_scaler.json gives the factor of the samples in training, but the weights do not contain it yet.'
      : 'normalize_activations = "expected_average_only_in" needs a factor that is not in the file: sqrt(d) over the mean norm of the samples in training.',
    ...(isKnown ? { suggested: factor } : {}),
  };
}
