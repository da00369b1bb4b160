import { modelError } from '../../../../protocol/errors.ts';
import { openSafetensors } from '../../safetensors.ts';
import { readMatrices, TensorShelf } from '../saeParts.ts';
import type { SourceFolder } from '../sourceFolder.ts';
import type { OpenQuestion, SaeDefinition } from '../saeDefinition.ts';
import { blockQuestion, type FormatResult } from './formatReader.ts';
import { countOf, refuseUnless, sameSize, targetReason, unknownKeysNote } from './configRules.ts';

const knownKeys = new Set([
  'activation', 'expansion_factor', 'normalize_decoder', 'num_latents', 'k', 'multi_topk', 'skip_connection', 'transcode',
  'd_in', 'signed', 'batch_topk', 'sample_topk', 'input_unit_norm',
]);

/**
 * sparsify (eai-sparsify): `cfg.json`, `sae.safetensors`; `topk(relu(W_enc (x - b_dec) + b_enc))`. SAeUron writes the same
 * with three more keys: its loader turns `batch_topk` off, so that such files select k a cell as others do; the two
 * keys that change more are refused.
 *
 * @source eai-sparsify 1.3 sparse_coder.py and fused_encoder.py; github.com/cywinski/SAeUron SAE/sae.py
 */
export async function readSparsify(folder: SourceFolder): Promise<FormatResult> {
  if (!folder.has('cfg.json')) throw modelError('sae.safetensors has no cfg.json beside it.');
  const config = await folder.readConfig('cfg.json');
  const what = 'sample_topk' in config ? 'A SAeUron SAE' : 'A sparsify SAE';
  refuseUnless(config, 'transcode', [false], what);
  refuseUnless(config, 'skip_connection', [false], what);
  refuseUnless(config, 'activation', ['topk'], what);
  refuseUnless(config, 'signed', [false], what);
  refuseUnless(config, 'sample_topk', [false], what);
  refuseUnless(config, 'input_unit_norm', [false], what);
  const file = await openSafetensors(folder.file('sae.safetensors'));
  try {
    const shelf = new TensorShelf(file.tensors, 'sae.safetensors');
    const preBias = await shelf.vector('b_dec');
    const latentBias = await shelf.vector('encoder.bias');
    const dModel = preBias.length;
    const nFeatures = latentBias.length;
    sameSize(config['d_in'], 'd_in', dModel);
    if (config['num_latents'] !== 0) sameSize(config['num_latents'], 'num_latents', nFeatures);
    const matrices = await readMatrices(
      { tensor: shelf.need('encoder.weight'), documented: 'nd' },
      { tensor: shelf.need('W_dec'), documented: 'nd' },
      nFeatures,
      dModel,
    );
    shelf.refuseRest();
    const notes = [...matrices.notes, ...unknownKeysNote(config, knownKeys)];
    if (config['batch_topk'] === true) {
      notes.push("Trained with batch_topk; SAeUron's own loader then keeps k a cell, and so is done here.");
    }
    const blockPath = folder.blockPath();
    const definition: SaeDefinition = {
      dModel,
      nFeatures,
      k: countOf(config['k'], 'k', nFeatures),
      activation: 'relu-topk',
      applyDecBiasToInput: true,
      normalisation: 'none',
      target: 'unknown',
      ...(blockPath === undefined ? {} : { blockPath }),
      encoder: matrices.encoder,
      decoder: matrices.decoder,
      preBias,
      latentBias,
      provenance: {
        format: 'sparsify',
        kind: 'SparseCoder',
        formatActivation: 'relu-topk',
        sourceFiles: [],
        config,
        isDecoderNormFolded: false,
        notes,
      },
    };
    const target: OpenQuestion = { id: 'target', reason: targetReason('sparsify'), choices: ['update', 'output'] };
    return {
      definition,
      questions: [...matrices.questions, target, blockQuestion(blockPath, 'The folder name')],
      fileNames: ['cfg.json', 'sae.safetensors'],
    };
  } finally {
    await file.close();
  }
}
