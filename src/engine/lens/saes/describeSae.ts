import type { SaeFacts, SaeQuestion } from '../../../protocol/saes.ts';
import type { FoundSae } from '../../models/sae/importSae.ts';
import type { OpenQuestion } from '../../models/sae/saeDefinition.ts';
import type { SaeManifest } from '../../models/sae/saeManifest.ts';
import { ruleInWords } from '../describeBlocks.ts';

/** What an SAE is, in the words of the interface: of files that were only read, or of an SAE that is kept. */
export function describeSae(sae: FoundSae['definition'] | SaeManifest): SaeFacts {
  const { dModel, nFeatures, activation, k, normalisation, target, blockPath, provenance } = sae;
  return {
    kind: provenance.kind,
    dModel,
    nFeatures,
    rule: ruleInWords(activation, k),
    normalisation,
    target,
    ...(blockPath === undefined ? {} : { blockPath }),
    notes: provenance.notes,
    sourceFiles: provenance.sourceFiles,
  };
}

/** An open question as it travels: which kinds of answer it takes is in `choices`. */
export const describeQuestion = (question: OpenQuestion): SaeQuestion => ({
  id: question.id,
  reason: question.reason,
  ...('choices' in question ? { choices: question.choices } : {}),
  ...(question.suggested === undefined ? {} : { suggested: question.suggested }),
});
