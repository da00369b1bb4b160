import { mixed } from '../../../numerics/permutation.ts';
import { SeededDraws } from '../../../numerics/seededDraws.ts';
import type { PromptGrammar } from './promptGrammar.ts';

/** What is different between the two prompts of a pair. */
export const pairKinds = [
  ...(['change', 'add', 'delete', 'count', 'position', 'size', 'tint'] as const),
  ...(['background', 'style'] as const),
] as const;
export type PairKind = (typeof pairKinds)[number];

export interface PromptPair {
  readonly kind: string;
  readonly original: string;
  readonly edited: string;
}

/** Rules of words that pairs are made of. */
const pairRules = [
  ...(['counted', 'number', 'plural', 'small', 'big', 'tint'] as const),
  ...(['position', 'place', 'colour', 'style'] as const),
] as const;
type PairRule = (typeof pairRules)[number];

/**
 * Pairs of prompts that differ in one thing, in the words and forms of a grammar of scenes: kinds take turns, and a pair
 * depends on its place alone. Words that could mean the same are never set against one another (backgrounds go from a
 * place to a colour or back).
 *
 * @param seed 0 ... 2^32-1
 * @returns the rule that the grammar lacks, in words, when it is not one of scenes
 */
export function promptPairs(
  grammar: PromptGrammar,
  seed: number,
  countPerKind: number,
): readonly PromptPair[] | string {
  const words = new Map<PairRule, readonly string[]>();
  for (const rule of pairRules) {
    const found = (grammar.rules.get(rule) ?? []).flatMap(({ parts }) => {
      const [part, more] = parts;
      return part && !more && 'words' in part ? [part.words] : [];
    });
    if (found.length < 2) return `${grammar.title} has no two words of a rule "${rule}"`;
    words.set(rule, found);
  }
  return Array.from({ length: countPerKind * pairKinds.length }, (_, index) => {
    const kind = pairKinds[index % pairKinds.length] ?? 'change';
    const draws = new SeededDraws(mixed(seed, index));
    const [original, edited] = pairOf(kind, (rule, count = 1) =>
      draws.choose(words.get(rule) ?? [], count),
    );
    return { kind, original, edited };
  });
}

type Draw = (rule: PairRule, count?: number) => readonly string[];

function pairOf(kind: PairKind, draw: Draw): readonly [string, string] {
  const [noun = '', other = ''] = draw('counted', 2);
  const [place = ''] = draw('place');
  const both = (texts: readonly string[]): readonly [string, string] => [
    texts[0] ?? '',
    texts[1] ?? '',
  ];
  switch (kind) {
    case 'change':
      return both([noun, other].map((one) => `${aOf(one)} ${place}`));
    case 'add':
      return [`${aOf(noun)} ${place}`, `${aOf(noun)} and ${aOf(other)} ${place}`];
    case 'delete':
      return [`${aOf(noun)} and ${aOf(other)} ${place}`, `${aOf(noun)} ${place}`];
    case 'count': {
      const [plural = ''] = draw('plural');
      return both(draw('number', 2).map((number) => `${number} ${plural} ${place}`));
    }
    case 'position':
      return both(draw('position', 2).map((position) => `${aOf(noun)} ${position} ${place}`));
    case 'size': {
      const [first, second] = turned([...draw('small'), ...draw('big')], noun);
      return both([first, second].map((size) => `${aOf(`${size} ${noun}`)} ${place}`));
    }
    case 'tint':
      return both(draw('tint', 2).map((tint) => `${aOf(`${tint} ${noun}`)} ${place}`));
    case 'background': {
      const [colour = ''] = draw('colour');
      return turned([`${aOf(noun)} ${place}`, `${aOf(noun)} on ${aOf(colour)} background`], other);
    }
    case 'style': {
      const styles = draw('style', 2);
      const [from, to] = styles.map((style) => `, ${style}`);
      // Half begin without a style.
      const start = (other.length + noun.length) % 2 === 0 ? '' : from;
      return [`${aOf(noun)} ${place}${start ?? ''}`, `${aOf(noun)} ${place}${to ?? ''}`];
    }
  }
}

/** One of the two orders, by the length of a word that chance has drawn. */
const turned = (
  [one = '', two = '']: readonly string[],
  word: string,
): readonly [string, string] => (word.length % 2 === 0 ? [one, two] : [two, one]);

/** As the grammar writes `{a:rule}`. */
const aOf = (words: string): string => `${/^[aeiou]/i.test(words) ? 'an' : 'a'} ${words}`;
