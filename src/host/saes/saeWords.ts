import { paperBlocks } from '../../protocol/paperBlocks.ts';
import type {
  SaeEntry,
  SaeFacts,
  SaeInspection,
  SaeQuestion,
  SaeReason,
} from '../../protocol/saes.ts';

const formatNames: Readonly<Record<string, string>> = {
  'sdxl-unbox': 'sdxl-unbox',
  saelens: 'SAELens',
  sparsify: 'sparsify',
  'dictionary-learning': 'dictionary_learning',
  safetensors: 'Featurescope',
};

/** "1,536 features of 192 channels; TopK 10, then ReLU" */
export const sizeAndRule = ({ nFeatures, dModel, rule }: SaeFacts): string =>
  `${nFeatures.toLocaleString('en')} features of ${String(dModel)} channels; ${rule}`;

/** "SAELens (topk): 1,536 features of 192 channels; TopK 10, then ReLU" */
export const foundWords = (found: SaeInspection): string =>
  `${formatNames[found.format] ?? found.format} (${found.kind}): ${sizeAndRule(found)}`;

export const encodesWords = ({ target }: SaeFacts): string =>
  target === 'update'
    ? 'encodes ΔD'
    : target === 'output'
      ? 'encodes the output'
      : 'target unknown';

const reasons: Readonly<Record<SaeReason, string>> = {
  only: 'used',
  chosen: 'used: chosen',
  newest: 'used: imported last',
};

/** Where an SAE stands in its block: "used: imported last". */
export function useWords({ activeBecause, isForOtherWeights }: SaeEntry): string {
  if (activeBecause) return reasons[activeBecause];
  return isForOtherWeights ? 'imported for other weights of this model' : '';
}

/** "came with the model" or "imported 23/11/2026, 10:48 from SAELens files" */
export function originWords({ origin, importedAt, format }: SaeEntry): string {
  const files = `${formatNames[format] ?? format} files`;
  if (origin === 'model' || importedAt === undefined) return `came with the model, from ${files}`;
  const when = new Date(importedAt).toLocaleString('en-GB', {
    dateStyle: 'short',
    timeStyle: 'short',
  });
  return `imported ${when} from ${files}`;
}

/** The paper's word for a block, as the paper's. */
export const roleWords = (block: string): string => {
  const role = paperBlocks.find(({ name }) => name === block)?.role;
  return role === undefined ? '' : `the paper: ${role}`;
};

/** What each question is about, for somebody who has not read the SAE's code. */
export const questionTitles: Readonly<Record<SaeQuestion['id'], string>> = {
  target: 'What does it encode?',
  blockPath: 'Which block?',
  activation: 'Which rule makes its codes?',
  inputScale: 'By which factor were its samples scaled?',
  orientation: 'How do its matrices lie?',
};

const answerWords: Readonly<Record<string, readonly [label: string, detail: string]>> = {
  update: [
    'ΔD, the update of the block',
    'Output minus input: what the block adds. The paper’s SAEs.',
  ],
  output: ['The output of the block', 'The hidden states after the block.'],
  unknown: ['Unknown', ''],
  'topk-relu': [
    'TopK, then ReLU',
    'The k largest pre-activations, negative ones set to 0: fewer than k may stay.',
  ],
  'relu-topk': [
    'ReLU, then TopK',
    'The same codes as the other order; the record says which code the file comes from.',
  ],
  relu: ['ReLU', 'Every positive pre-activation.'],
  jumprelu: ['JumpReLU', 'Those above a threshold of their own.'],
  'batchtopk-threshold': [
    'BatchTopK by its threshold',
    'Those above one threshold, as BatchTopK SAEs are used after training.',
  ],
  'as-documented': ['As the format documents it', ''],
  'encoder-transposed': ['Encoder transposed', ''],
  'decoder-transposed': ['Decoder transposed', ''],
  'both-transposed': ['Both transposed', ''],
};

export function answerOf(choice: string): { readonly label: string; readonly detail: string } {
  const [label, detail] = answerWords[choice] ?? [choice, ''];
  return { label, detail };
}
