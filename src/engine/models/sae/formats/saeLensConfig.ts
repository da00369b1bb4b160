import { modelError } from '../../../../protocol/errors.ts';
import type { SaeNormalisation } from '../saeDefinition.ts';
import { isRecord, refuseUnless, textOf, unknownKeysNote } from './configRules.ts';

export interface SaeLensRule {
  readonly architecture: 'standard' | 'topk' | 'jumprelu' | 'batchtopk';
  readonly k: unknown;
  readonly applyDecBiasToInput: boolean;
  readonly normalisation: SaeNormalisation;
  /** `expected_average_only_in` that was not folded: a factor is missing. */
  readonly needsInputScale: boolean;
  readonly rescalesByDecoderNorm: boolean;
  readonly hookName: string;
  readonly notes: readonly string[];
}

const normalisations: Readonly<Record<string, SaeNormalisation>> = {
  none: 'none',
  expected_average_only_in: 'none',
  layer_norm: 'layer-norm',
  constant_norm_rescale: 'constant-norm',
};

/** Keys that change nothing in the codes: they describe the language model, the data or the training. */
const knownKeys = new Set([
  'architecture', 'd_in', 'd_sae', 'dtype', 'device', 'apply_b_dec_to_input', 'normalize_activations',
  'reshape_activations', 'metadata', 'k', 'rescale_acts_by_decoder_norm', 'activation_fn', 'activation_fn_str',
  'activation_fn_kwargs', 'finetuning_scaling_factor', 'use_error_term', 'hook_name', 'hook_point', 'hook_layer',
  'hook_head_index', 'hook_point_head_index', 'model_name', 'sae_lens_version', 'sae_lens_training_version',
  'prepend_bos', 'dataset_path', 'dataset_trust_remote_code', 'context_size', 'neuronpedia_id', 'seqpos_slice',
  'model_from_pretrained_kwargs', 'decoder_init_norm', 'aux_loss_coefficient', 'use_sparse_activations',
  'topk_threshold_lr', 'l1_coefficient', 'lp_norm', 'l1_warm_up_steps', 'noise_scale',
]);

/**
 * Reads a SAELens configuration, version 6 and the older flat form; every key that changes the codes is carried out or
 * refused with its value.
 *
 * @source sae-lens 6.54 SAEConfig, handle_pre_6_0_config and the classes of sae_lens/saes
 */
export function readSaeLensConfig(config: Readonly<Record<string, unknown>>): SaeLensRule {
  const what = 'A SAELens SAE';
  const kwargs = isRecord(config['activation_fn_kwargs']) ? config['activation_fn_kwargs'] : {};
  const activationName = config['activation_fn'] ?? config['activation_fn_str'] ?? 'relu';
  const written = config['architecture'] ?? 'standard';
  const architecture = written === 'standard' && activationName === 'topk' ? 'topk' : written;
  if (
    architecture !== 'standard' &&
    architecture !== 'topk' &&
    architecture !== 'jumprelu' &&
    architecture !== 'batchtopk'
  ) {
    throw modelError(
      `SAELens's architecture ${JSON.stringify(architecture).slice(0, 60)} is not supported; read are standard, topk, jumprelu and batchtopk.`,
    );
  }
  refuseUnless({ activation_fn: activationName }, 'activation_fn', architecture === 'topk' ? ['topk', 'relu'] : ['relu'], what);
  refuseUnless(config, 'reshape_activations', ['none'], what);
  refuseUnless(config, 'finetuning_scaling_factor', [false, null], what);
  refuseUnless(config, 'use_error_term', [false, null], what);
  refuseUnless(config, 'hook_head_index', [null], what);
  refuseUnless(config, 'hook_point_head_index', [null], what);
  refuseUnless(config, 'apply_b_dec_to_input', [true, false], what);
  refuseUnless(config, 'rescale_acts_by_decoder_norm', [true, false], what);

  const given = config['normalize_activations'] ?? 'none';
  const name = given === true ? 'expected_average_only_in' : given === false ? 'none' : given;
  const normalisation = typeof name === 'string' && Object.hasOwn(normalisations, name) ? normalisations[name] : undefined;
  if (normalisation === undefined) {
    refuseUnless({ normalize_activations: given }, 'normalize_activations', Object.keys(normalisations), what);
  }
  const metadata = isRecord(config['metadata']) ? config['metadata'] : {};
  const notes = unknownKeysNote(config, knownKeys);
  const dtype = config['dtype'];
  if (typeof dtype === 'string' && !/^(torch\.)?float32$/.test(dtype)) {
    notes.push(`Made to run in ${dtype.slice(0, 20)}; here the same weights run in float32.`);
  }
  return {
    architecture,
    k: config['k'] ?? kwargs['k'],
    // Old files do not have the key; SAELens then takes true.
    applyDecBiasToInput: config['apply_b_dec_to_input'] !== false,
    normalisation: normalisation ?? 'none',
    needsInputScale: name === 'expected_average_only_in',
    rescalesByDecoderNorm:
      config['rescale_acts_by_decoder_norm'] === true && architecture !== 'standard' && architecture !== 'jumprelu',
    hookName: textOf(metadata['hook_name'] ?? config['hook_name'] ?? config['hook_point']),
    notes,
  };
}
