import { invalidInput } from '../../../protocol/errors.ts';
import { findBlockPath } from './blockPath.ts';
import { foldInputScale } from './fold.ts';
import { transpose } from './orientation.ts';
import { isTopK, type OpenQuestion, type SaeAnswers, type SaeDefinition, type SaeImport } from './saeDefinition.ts';

/**
 * Applies the person's answers. Suggestions are not answers: whoever calls takes them over or asks.
 *
 * @throws `invalidInput` for a question without an answer, or an answer that is not among the choices
 */
export function settleSae({ definition, questions }: SaeImport, answers: SaeAnswers): SaeDefinition {
  let settled = definition;
  const notes: string[] = [];
  for (const question of questions) {
    const answer = answers[question.id];
    if (answer === undefined) throw invalidInput(`Nobody has said the SAE's ${question.id}. ${question.reason}`);
    checkAnswer(question, answer);
    notes.push(`Asked: ${question.id} = ${String(answer)}.`);
    settled = apply(settled, question, answers);
  }
  // What the rule does not use would only mislead: TopK classes keep a threshold for another mode, threshold rules a k.
  const { k, threshold, ...rest } = settled;
  const usesK = isTopK(settled.activation);
  const usesThreshold = settled.activation === 'jumprelu' || settled.activation === 'batchtopk-threshold';
  return {
    ...rest,
    ...(usesK && k !== undefined ? { k } : {}),
    ...(usesThreshold && threshold !== undefined ? { threshold } : {}),
    provenance: { ...settled.provenance, notes: [...settled.provenance.notes, ...notes] },
  };
}

/** The answers that the files themselves suggest, for a caller that accepts them. */
export function suggestedAnswers(questions: readonly OpenQuestion[]): SaeAnswers {
  return Object.fromEntries(
    questions.filter(({ suggested }) => suggested !== undefined).map(({ id, suggested }) => [id, suggested]),
  );
}

function checkAnswer(question: OpenQuestion, answer: string | number): void {
  if ('choices' in question) {
    const choices: readonly (string | number)[] = question.choices;
    if (!choices.includes(answer)) {
      throw invalidInput(`${question.id} is "${String(answer)}"; possible are ${choices.join(', ')}.`);
    }
  } else if (question.id === 'inputScale') {
    if (typeof answer !== 'number' || !Number.isFinite(answer) || answer <= 0) {
      throw invalidInput(`inputScale is ${String(answer)}; a positive number is needed.`);
    }
  } else if (findBlockPath(String(answer)) !== answer) {
    throw invalidInput(`blockPath is "${String(answer)}"; a path like unet.mid_block.attentions.0 is needed.`);
  }
}

function apply(sae: SaeDefinition, question: OpenQuestion, answers: SaeAnswers): SaeDefinition {
  switch (question.id) {
    case 'target':
      return { ...sae, target: answers.target ?? sae.target };
    case 'blockPath':
      return answers.blockPath === undefined ? sae : { ...sae, blockPath: answers.blockPath };
    case 'activation':
      return { ...sae, activation: answers.activation ?? sae.activation };
    case 'inputScale':
      return foldInputScale(sae, answers.inputScale ?? 1, sae.provenance.isDecoderNormFolded);
    case 'orientation': {
      const { dModel, nFeatures, encoder, decoder } = sae;
      const turn = (values: Float32Array) => transpose(values, nFeatures, dModel);
      const turned = answers.orientation ?? 'as-documented';
      const both = turned === 'both-transposed';
      return {
        ...sae,
        encoder: both || turned === 'encoder-transposed' ? turn(encoder) : encoder,
        decoder: both || turned === 'decoder-transposed' ? turn(decoder) : decoder,
      };
    }
  }
}
