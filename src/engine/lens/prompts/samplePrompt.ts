import { createHash } from 'node:crypto';
import { modelError } from '../../../protocol/errors.ts';
import { wordsOf } from './checkGrammar.ts';
import type { GrammarAlternative, GrammarPart, PromptGrammar } from './promptGrammar.ts';

/** A grammar in which this many draws in a row end without words left is not one to draw from. */
const drawsMax = 100;

/**
 * The prompt of a number: the same on every machine, and independent of the prompts before it. A draw that comes to a
 * rule whose words are all taken (`distinct`) is begun anew.
 *
 * @param seed 0 ... 2^32-1
 * @param index from 0
 * @throws `model` when no draw finds words for all that must be distinct
 */
export const samplePrompt = (grammar: PromptGrammar, seed: number, index: number): string =>
  sampleSaid(grammar, seed, index).prompt;

/** A prompt with what its grammar chose in it. */
export interface SaidPrompt {
  readonly prompt: string;
  /** By rule, of those that are words alone and have a choice: what was chosen, in the order of the choices. */
  readonly said: Readonly<Record<string, readonly string[]>>;
}

/** The same prompt as `samplePrompt`, and what it states. @throws as `samplePrompt` */
export function sampleSaid(grammar: PromptGrammar, seed: number, index: number): SaidPrompt {
  const random = uniforms(`featurescope-prompts/1/${String(seed)}/${String(index)}`);
  for (let draw = 0; draw < drawsMax; draw++) {
    const prompt = drawPrompt(grammar, random);
    if (prompt !== undefined) return prompt;
  }
  throw modelError(
    `The grammar "${grammar.title}" found no prompt whose words are distinct in ${drawsMax} draws.`,
  );
}

/** Undefined when a rule has no words left. */
function drawPrompt(grammar: PromptGrammar, random: () => number): SaidPrompt | undefined {
  const said = new Map<string, string[]>();
  /** Rules that had no words left. */
  const stuck: string[] = [];
  const taken = grammar.distinct.map(() => new Set<string>());

  function expand(rule: string): string {
    const groups = taken.filter((_, g) => grammar.distinct[g]?.includes(rule));
    const all = grammar.rules.get(rule) ?? [];
    const free =
      groups.length === 0
        ? all
        : all.filter((one) => !groups.some((words) => words.has(wordsOf(one))));
    const chosen = choose(free, random());
    if (!chosen) stuck.push(rule);
    const { parts = [] } = chosen ?? {};
    const text = parts.map(expandPart).join('');
    for (const words of groups) words.add(text);
    if (text.trim() !== '' && isChoiceOfWords(all))
      said.set(rule, [...(said.get(rule) ?? []), text]);
    return text;
  }

  function expandPart(part: GrammarPart): string {
    if ('words' in part) return part.words;
    const text = expand(part.rule);
    if (!part.withArticle || text.trim() === '') return text;
    return `${/^\s*[aeiou]/i.test(text) ? 'an' : 'a'} ${text}`;
  }

  const text = expand(grammar.start);
  if (stuck.length > 0) return undefined;
  return {
    prompt: text.replaceAll(/\s+/g, ' ').replaceAll(' ,', ',').trim(),
    said: Object.fromEntries(said),
  };
}

const isChoiceOfWords = (alternatives: readonly GrammarAlternative[]): boolean =>
  alternatives.length > 1 &&
  alternatives.every(({ parts }) => parts.every((part) => 'words' in part));

/** @param uniform in [0, 1) */
function choose(
  alternatives: readonly GrammarAlternative[],
  uniform: number,
): GrammarAlternative | undefined {
  let left = uniform * alternatives.reduce((sum, { weight }) => sum + weight, 0);
  for (const one of alternatives) {
    left -= one.weight;
    if (left < 0) return one;
  }
  return alternatives.at(-1);
}

/** Uniform numbers in [0, 1) with 48 bits, from SHA-256 of a key and a counter. */
function uniforms(key: string): () => number {
  let block = Buffer.alloc(0);
  let counter = 0;
  let at = 0;
  return () => {
    if (at + 6 > block.length) {
      block = createHash('sha256')
        .update(`${key}/${String(counter++)}`)
        .digest();
      at = 0;
    }
    const value = block.readUIntBE(at, 6);
    at += 6;
    return value / 2 ** 48;
  };
}
